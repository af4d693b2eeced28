package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Device is how the shop's computer fares, beside what Status says.
type Device struct {
	// Synchronised says that the clock follows a time server.
	Synchronised bool      `json:"clock_synchronised"`
	Disk         Disk      `json:"disk"`
	Backup       time.Time `json:"backup,omitzero"` // when the newest one was made
	Cameras      []Camera  `json:"cameras"`
}

// Disk is the room that is left for sales.
type Disk struct {
	Free  int64 `json:"free_bytes"`
	Short bool  `json:"short"` // photos and backups wait
}

// Camera is that of one kiosk.
type Camera struct {
	Kiosk string `json:"kiosk"`
	OK    bool   `json:"ok"`
	// Fault is what the mirror shows a card of, as the kiosk's session names it.
	Fault string `json:"fault,omitempty"`
}

// getDevice answers with the gateway's time too, which a page compares with its
// own.
func (s *Server) getDevice(c *gin.Context) {
	if s.cfg.Device == nil {
		s.Fail(c, edge.Errorf("api.getDevice", edge.Unavailable, "this gateway does not look at its machine"))
		return
	}
	c.JSON(http.StatusOK, struct {
		Now     time.Time `json:"now"`
		Started time.Time `json:"started"`
		Device
	}{s.cfg.Now(), s.start, s.cfg.Device()})
}
