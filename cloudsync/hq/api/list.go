package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
)

// source is a list that is read from a cursor on.
type source[T any] struct {
	name string // of the rows in an answer
	read func(ctx context.Context, after string, limit int) (page[T], error)
}

// page is a part of a list. It may be short or empty although there is more.
type page[T any] struct {
	rows []T
	next string // cursor behind the rows, or behind what was looked at in vain
	more bool
}

// list answers with a page.
func list[T any](a *API, open func(*gin.Context) (source[T], error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, err := open(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		limit, err := limitOf(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		p, err := s.read(c.Request.Context(), c.Query("after"), limit)
		if err != nil {
			a.fail(c, err)
			return
		}
		if p.rows == nil {
			p.rows = []T{}
		}
		reply(c, http.StatusOK, gin.H{s.name: p.rows, "next": p.next, "more": p.more})
	}
}
