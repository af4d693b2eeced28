package api

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
)

// PersonRequest is the body of a request about a person.
type PersonRequest struct {
	Phone string            `json:"phone"`
	Why   hq.DeletionReason `json:"why,omitempty"` // of a deletion; hq.DeletedAsked where it is left out
}

// personOf reads a request about a person. The number stands in no address, which
// logs would keep, and in no error.
func personOf(c *gin.Context) (r PersonRequest, err error) {
	err = body(c, &r)
	return r, err
}

// deletePerson deletes all that is kept of a person.
func (a *API) deletePerson(c *gin.Context) {
	r, err := personOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	id, err := a.HQ.DeletePerson(c.Request.Context(), r.Phone, cmp.Or(r.Why, hq.DeletedAsked), c.GetString(tokenName))
	if err != nil {
		a.fail(c, err)
		return
	}
	a.replyDeletion(c, http.StatusAccepted, id)
}

func (a *API) deletion(c *gin.Context) { a.replyDeletion(c, http.StatusOK, c.Param("id")) }

// replyDeletion answers with the signed record of a deletion.
func (a *API) replyDeletion(c *gin.Context, status int, id string) {
	d, err := a.HQ.SignedDeletion(c.Request.Context(), id)
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, status, d)
}

// exportPerson begins to gather what is kept of a person.
func (a *API) exportPerson(c *gin.Context) {
	r, err := personOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	e, err := a.HQ.ExportPerson(c.Request.Context(), r.Phone, c.GetString(tokenName))
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusAccepted, e)
}

func (a *API) personExport(c *gin.Context) {
	e, err := a.HQ.PersonExport(c.Request.Context(), c.Param("id"))
	if err != nil {
		a.fail(c, err)
		return
	}
	a.Log.Info("export of a person read", "audit", true, "export", e.ID, "by", c.GetString(tokenName))
	reply(c, http.StatusOK, e)
}
