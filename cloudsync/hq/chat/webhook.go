package chat

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Register adds the addresses to which the apps report, /chat/APP. There is none
// for an app without settings.
func (s *Service) Register(r gin.IRouter) {
	for name, a := range s.apps {
		r.GET("/chat/"+name, func(c *gin.Context) { s.challenge(c, a) })
		r.POST("/chat/"+name, func(c *gin.Context) { s.report(c, a) })
	}
}

// challenge answers an app that makes sure whose address it has been given.
func (s *Service) challenge(c *gin.Context, a app) {
	answer, err := a.challenge(call{header: c.Request.Header, query: c.Request.URL.Query(), now: s.Now()})
	if err != nil {
		s.fail(c, a, err)
		return
	}
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(answer))
}

// report takes in what an app reports. It is answered once all of it is stored;
// else the app reports it again.
func (s *Service) report(c *gin.Context, a app) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxReport))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			err = edge.Errorf("chat.report", edge.TooLarge, "the report has more than %d bytes", maxReport)
		} else {
			err = unreadable("chat.report", err)
		}
		s.fail(c, a, err)
		return
	}
	now := s.Now()
	list, err := a.receive(call{header: c.Request.Header, query: c.Request.URL.Query(), body: body, now: now})
	if err == nil && len(list) > maxMessages {
		err = edge.Errorf("chat.report", edge.TooLarge, "the report has %d messages, at most %d are taken", len(list), maxMessages)
	}
	if err != nil {
		s.fail(c, a, err)
		return
	}
	for _, m := range usable(list, now) {
		if err := s.hear(c.Request.Context(), a, &m); err != nil {
			s.fail(c, a, err)
			return
		}
	}
	c.String(http.StatusOK, "success") // the word that WeChat wants; the others look at the status alone
}

// fail answers with a status alone: the sender is a machine, or somebody who
// tries his luck.
func (s *Service) fail(c *gin.Context, a app, err error) {
	status, known := map[edge.Kind]int{
		edge.Invalid: http.StatusBadRequest, edge.Forbidden: http.StatusForbidden,
		edge.NotFound: http.StatusNotFound, edge.TooLarge: http.StatusRequestEntityTooLarge,
	}[edge.KindOf(err)]
	switch {
	case c.Request.Context().Err() != nil:
	case known:
		s.Log.Warn("a report of a chat app was refused", "app", a.name(), "error", err)
	default:
		status = http.StatusServiceUnavailable
		s.Log.Error("a report of a chat app was not taken in", "app", a.name(), "error", err)
	}
	c.Status(status)
	c.Abort()
}
