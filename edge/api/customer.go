package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// getCustomers finds those who agreed to be found by their telephone number.
func (s *Server) getCustomers(c *gin.Context) {
	d, err := s.desk()
	if err != nil {
		s.Fail(c, err)
		return
	}
	const most = 5
	list, err := d.Book.Customers(c.Request.Context(), tidyPhone(c), most)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"customers": list})
}

// deleteCustomers forgets a telephone number and what is kept of it.
func (s *Server) deleteCustomers(c *gin.Context) {
	phone, err := edge.Phone(c.Query("phone")) // a number in another form would find nobody, and be called forgotten
	if err != nil {
		s.Fail(c, err)
		return
	}
	d, err := s.desk()
	if err == nil {
		err = d.Book.ForgetCustomer(c.Request.Context(), phone)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// tidyPhone is the telephone number that is asked for, in its one form.
func tidyPhone(c *gin.Context) string {
	who := edge.Contact{Phone: c.Query("phone")}
	who.Tidy()
	return who.Phone
}
