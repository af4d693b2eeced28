package headquarters

import (
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge/api"
)

// newEngine answers behind what every request to headquarters passes, whatever
// it asks for. It keeps a request's panic to itself, and its headers out of the
// log.
func newEngine(log *slog.Logger, count gin.HandlerFunc) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash = false // such an answer would pass nothing of this
	e.HandleMethodNotAllowed = true
	e.Use(count)
	e.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, fault any) {
		log.Error("panic in a request", "route", c.FullPath(), "panic", fault, "stack", string(debug.Stack()))
		c.AbortWithStatus(http.StatusInternalServerError)
	}), func(c *gin.Context) { api.Protect(c.Writer.Header()) })
	return e
}
