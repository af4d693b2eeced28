package main

import (
	"strings"
	"testing"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process/doortest"
)

// A gateway whose kiosk's camera is a tablet has all routes.
func TestEveryRouteOfTheGatewayProtectsWhoAsks(t *testing.T) {
	g, client := tabletGateway(t)
	for name, door := range map[string]doortest.Door{
		"clear": {URL: g.url(), Routes: g.engine.Routes()},
		"TLS":   {URL: "https://" + g.sealed.at(), Routes: g.engine.Routes(), Client: client},
	} {
		t.Run(name, func(t *testing.T) {
			door.Headers(t)
			door.Strangers(t)
		})
	}
	watched := strings.TrimSuffix(g.watch.url(), monitor.MetricsPath)
	doortest.Door{URL: watched, Routes: monitor.Routes()}.Headers(t)
}
