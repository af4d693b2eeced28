package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// addresses knows Vietnam's provinces and wards.
type addresses interface {
	Check(a *edge.Address) error
	Code(a *edge.Address) string // of its province; empty for an address that has none
	File() string                // the list's name, which changes with the list
	ServeHTTP(w http.ResponseWriter, r *http.Request)
}

// getAddresses answers where the list of each country's places lies. A country
// that has none is written freely.
func (s *Server) getAddresses(c *gin.Context) {
	lists := map[string]string{}
	if s.cfg.Addresses != nil {
		lists[edge.Vietnam] = base + "/addresses/" + s.cfg.Addresses.File()
	}
	c.Header("Cache-Control", "no-cache")
	c.JSON(http.StatusOK, lists)
}

// place brings an address into the list's form and gives the code of its
// province, whose fee is asked for whatever the page believes.
func (s *Server) place(a *edge.Address) (province string, err error) {
	if s.cfg.Addresses == nil || a == nil {
		return "", nil
	}
	if err := s.cfg.Addresses.Check(a); err != nil {
		return "", err
	}
	return s.cfg.Addresses.Code(a), nil
}

// getPlaces answers the list itself.
func (s *Server) getPlaces(c *gin.Context) {
	if s.cfg.Addresses == nil || c.Param("file") != s.cfg.Addresses.File() {
		s.Fail(c, edge.Errorf("api", edge.NotFound, "there is no list of places %.60q", c.Param("file")))
		return
	}
	s.cfg.Addresses.ServeHTTP(c.Writer, c.Request)
}
