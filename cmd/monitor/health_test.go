package monitor_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
)

func TestHealthIsToldByTheExitStatus(t *testing.T) {
	m := monitor.New("1.2", slog.New(slog.DiscardHandler))
	m.Watch([]monitor.Part{{Name: "ledger", Needed: true, Ask: fine}},
		[]monitor.Part{{Name: "ledger", Needed: true, Ask: fine}, {Name: "line", Needed: true, Ask: broken}})
	srv := httptest.NewServer(m.Handler())
	defer srv.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	gone := httptest.NewServer(m.Handler())
	gone.Close()
	for name, tc := range map[string]struct {
		url  string
		args []string
		out  string
		err  string
	}{
		"alive":           {srv.URL, nil, "ledger: in order\n", ""},
		"not ready":       {srv.URL, []string{"--ready"}, "ledger: in order\nline: no paper: put in a new roll\n", "edge 1.2 runs and is not ready"},
		"for machines":    {srv.URL, []string{"--json"}, `{"ok":true,"version":"1.2","parts":[{"part":"ledger","ok":true,"needed":true}]}` + "\n", ""},
		"another program": {other.URL, nil, "", "answers with 404 Not Found and no report"},
		"does not run":    {gone.URL, nil, "", "nothing answers"},
		"nowhere":         {"http://", nil, "", "metrics.addr is empty"},
		"no settings":     {"", nil, "", "no such settings"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := monitor.HealthCommand("edge", "edge.yaml", func(file string) (string, error) {
				require.Equal(t, "edge.yaml", file)
				if tc.url == "" {
					return "", errors.New("no such settings")
				}
				return strings.TrimPrefix(tc.url, "http://"), nil
			})
			var out strings.Builder
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			cmd.SetArgs(tc.args)
			err := cmd.ExecuteContext(t.Context())
			require.Equal(t, tc.out, out.String())
			if tc.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.err)
			}
		})
	}
}
