package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// What is not done because the gateway stops must not look as if it were.
func TestAStopIsNoSuccess(t *testing.T) {
	s := &Server{cfg: Config{Log: slog.New(slog.DiscardHandler)}}
	w := httptest.NewRecorder()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/staff/sales", http.NoBody)
	s.Fail(c, fmt.Errorf("sqlite: waiting to write: %w", ctx.Err()))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "stopping")
}
