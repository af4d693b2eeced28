package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

func TestDevice(t *testing.T) {
	backup := time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
	s := memoryShop(t, func(c *api.Config) {
		c.Device = func() api.Device {
			return api.Device{
				Synchronised: true, Disk: api.Disk{Free: 5 << 30, Short: true}, Backup: backup,
				Cameras: []api.Camera{{Kiosk: "main", Fault: "covered"}},
			}
		}
	})
	requireError(t, s.do("GET", "/api/v1/staff/device", ""), http.StatusUnauthorized, edge.Unauthorized, "PIN")
	s.signIn(t)
	started := s.Now()
	s.Advance(time.Minute)
	require.JSONEq(t, `{"now":"`+s.Now().Format(time.RFC3339Nano)+`","started":"`+started.Format(time.RFC3339Nano)+`","clock_synchronised":true,
		"disk":{"free_bytes":5368709120,"short":true},"backup":"2026-11-21T07:30:00Z","cameras":[{"kiosk":"main","ok":false,"fault":"covered"}]}`,
		text(t, s.do("GET", "/api/v1/staff/device", "")))

	blind := memoryShop(t)
	blind.signIn(t)
	requireError(t, blind.do("GET", "/api/v1/staff/device", ""), http.StatusServiceUnavailable, edge.Unavailable, "machine")
}
