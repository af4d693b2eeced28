package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// StaffMember is somebody who may sell in a shop by HQ's word.
type StaffMember struct {
	Name   string `json:"name"`
	Role   string `json:"role"` // clerk or manager
	Active bool   `json:"active"`
}

// staff lists who may sell in a shop. Nobody is told the hashes of their PINs.
func (a *API) staff(c *gin.Context) {
	d, err := a.HQ.Staff(c.Request.Context(), c.Param("shop"))
	if err != nil {
		a.fail(c, err)
		return
	}
	list := make([]StaffMember, len(d.Members))
	for i, m := range d.Members {
		list[i] = StaffMember{m.Name, m.Role, m.Active}
	}
	reply(c, http.StatusOK, gin.H{"staff": list})
}

// StaffPut is the body of a request to let somebody sell in a shop, or to change
// how.
type StaffPut struct {
	Role   string `json:"role"`
	Active bool   `json:"active"`
	PIN    string `json:"pin,omitempty"` // 4 to 12 digits; as it was where empty
}

func (a *API) putMember(c *gin.Context) {
	var put StaffPut
	if err := body(c, &put); err != nil {
		a.fail(c, err)
		return
	}
	m := edge.Member{Name: c.Param("name"), Role: put.Role, Active: put.Active}
	err := a.HQ.PutMember(c.Request.Context(), c.GetString(tokenName), c.Param("shop"), m, put.PIN)
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, StaffMember{m.Name, m.Role, m.Active})
}

func (a *API) removeMember(c *gin.Context) {
	if err := a.HQ.RemoveMember(c.Request.Context(), c.GetString(tokenName), c.Param("shop"), c.Param("name")); err != nil {
		a.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
