package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Catalogue is one that HQ has.
type Catalogue struct {
	Version   uint32    `json:"version"`
	Effective time.Time `json:"effective"`
	Issued    time.Time `json:"issued,omitzero"` // to the shops; not there for HQ's own
	Note      string    `json:"note"`            // where its content came from
	InForce   bool      `json:"in_force"`
}

// catalogues lists them, newest first.
func (a *API) catalogues(c *gin.Context) {
	limit, err := limitOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	issues, err := a.HQ.Issues(c.Request.Context(), limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	list := make([]Catalogue, len(issues))
	for i, is := range issues {
		list[i] = Catalogue(is)
	}
	reply(c, http.StatusOK, gin.H{"catalogues": list})
}

// CatalogueUndo is the body of a request to issue an earlier catalogue again.
type CatalogueUndo struct {
	Version uint32 `json:"version,omitempty"` // 0 for the one before the newest
}

// CatalogueIssued is what came of it.
type CatalogueIssued struct {
	Version   uint32    `json:"version"`
	Effective time.Time `json:"effective"`
}

func (a *API) undoCatalogue(c *gin.Context) {
	var u CatalogueUndo
	if err := body(c, &u); err != nil {
		a.fail(c, err)
		return
	}
	s, err := a.HQ.Undo(c.Request.Context(), u.Version)
	if err != nil {
		a.fail(c, err)
		return
	}
	a.Log.Info("catalogue taken back", "audit", true, "version", s.Version, "by", c.GetString(tokenName))
	reply(c, http.StatusOK, CatalogueIssued{s.Version, s.Effective})
}
