package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Rollout is a bundle on its way to the gateways.
type Rollout struct {
	ID      string         `json:"id"`
	Version int64          `json:"version"`
	SHA256  edge.Hash      `json:"sha256"`
	Size    int64          `json:"size"` // bytes
	Classes []string       `json:"classes"`
	Expires time.Time      `json:"expires"`
	State   rollout.State  `json:"state"`
	Rings   []string       `json:"rings"` // as hq bundle publish takes them
	Ring    int            `json:"ring"`  // from 0: the one that is under way
	Since   time.Time      `json:"since"` // when that began
	Why     string         `json:"why,omitempty"`
	Created time.Time      `json:"created"`
	By      string         `json:"by"`
	Counts  rollout.Counts `json:"counts"`
}

func newRollout(o *rollout.Rollout) Rollout {
	rings := make([]string, len(o.Plan.Rings))
	for i, r := range o.Plan.Rings {
		rings[i] = r.String()
	}
	return Rollout{o.ID, o.Version, o.SHA256, o.Size, o.Classes, o.Expires, o.State, rings, o.Ring, o.Since, o.Why, o.Created, o.By, o.Counts}
}

// bundles says how many machines of each kind run which version.
func (a *API) bundles(c *gin.Context) {
	fleets, err := a.HQ.Rollouts().Fleets(c.Request.Context())
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, gin.H{"bundles": append([]rollout.Fleet{}, fleets...)})
}

// rollouts lists them, newest first.
func (a *API) rollouts(c *gin.Context) {
	limit, err := limitOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	found, err := a.HQ.Rollouts().List(c.Request.Context(), limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	list := make([]Rollout, len(found))
	for i := range found {
		list[i] = newRollout(&found[i])
	}
	reply(c, http.StatusOK, gin.H{"rollouts": list})
}

// rolloutGateways lists the gateways that are not done with a rollout, or failed.
func (a *API) rolloutGateways(c *gin.Context) {
	limit, err := limitOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	list, err := a.HQ.Rollouts().Machines(c.Request.Context(), c.Param("id"), limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, gin.H{"gateways": append([]rollout.Machine{}, list...)})
}
