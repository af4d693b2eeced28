package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestHandoffPrintsALinkOfEveryApp(t *testing.T) {
	for _, a := range append(exampleApps(), exampleApps()[0]) {
		out, err := runEdge(t, "handoff", "--cart", "demo", "--app", string(a.App), "--json")
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(out, "\n"))
		var report handoffReport
		require.NoError(t, json.Unmarshal([]byte(out), &report))
		require.Equal(t, a.App, report.App)
		require.Len(t, report.Link, report.Length)
		require.NotEmpty(t, report.Token)
		require.LessOrEqual(t, report.QRVersion, 12)
	}
	file := filepath.Join(t.TempDir(), "link.png")
	out, err := runEdge(t, "handoff", "--cart", "demo", "--png", file)
	require.NoError(t, err)
	require.Regexp(t, `^https://cart\.example\.com/c/[A-Za-z0-9_-]+\n$`, out)
	require.LessOrEqual(t, len(out)-1, 180)
	picture, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(picture), "\x89PNG"))
}

func TestHandoffOfACartFromTheGateway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cart.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"id":"AQIDAAAAAAAAAAAA","lines":[{"id":"gx-1","sku":"LIP-VEL-01","quantity":2}],"count":2}`), 0o600))
	out, err := runEdge(t, "handoff", "--cart", file, "--app", "messenger", "--id", "myshop", "--base", "https://c.example")
	require.NoError(t, err)
	require.Regexp(t, `^https://m\.me/myshop\?ref=[A-Za-z0-9_-]+\n$`, out)

	require.NoError(t, os.WriteFile(file+".bad", []byte(`{"lines":[{"sku":"A","quantity":0}]}`), 0o600))
	for _, bad := range [][]string{
		{}, {"--cart", file + ".bad"}, {"--cart", "missing"}, {"--cart", "demo", "--app", "zalo", "--id", "x y"}, {"--cart", "demo", "--base", "cart.example.com"},
	} {
		_, err := runEdge(t, append([]string{"handoff"}, bad...)...)
		require.ErrorAs(t, err, new(process.UsageError), "%q", bad)
	}
	_, err = runEdge(t, "handoff", "--cart", "demo", "--app", "icq")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
}
