package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// acts lists who changed what at headquarters, newest first, before act number
// before.
func (a *API) acts(c *gin.Context) {
	limit, err := limitOf(c)
	before := int64(0)
	if s, given := c.GetQuery("before"); given && err == nil {
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 1 {
			err = invalid("before=%.40q: want the n of an act, or leave it out", s)
		}
	}
	if err != nil {
		a.fail(c, err)
		return
	}
	list, err := a.Accounts.Acts(c.Request.Context(), before, limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	reply(c, http.StatusOK, gin.H{"acts": list})
}
