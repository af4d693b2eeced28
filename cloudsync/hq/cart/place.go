package cart

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// places answers the list of Vietnam's provinces and wards, which the form of
// the address asks for once somebody comes to the ward.
func (p *Pages) places(c *gin.Context) {
	if p.Places == nil || c.Param("file") != p.Places.File() {
		c.Status(http.StatusNotFound)
		return
	}
	c.Header("X-Content-Type-Options", "nosniff")
	p.Places.ServeHTTP(c.Writer, c.Request)
}

// Regions are the provinces to choose from; without them people write theirs.
func (v view) Regions() (names []string) {
	if v.places != nil {
		for _, p := range v.places.Provinces() {
			names = append(names, p.Name)
		}
	}
	return names
}

// PlacesFile is where the wards lie, seen from a cart's address.
func (v view) PlacesFile() string { return "/places/" + v.places.File() }
