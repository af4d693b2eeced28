package firmwarecfg

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// systemd understands headquarters' service, and it is shut in.
func TestHeadquartersService(t *testing.T) {
	text, err := os.ReadFile("hq/mirrorcart-hq.service")
	require.NoError(t, err)
	require.Empty(t, unitFault(t, string(text)))
	require.NotEmpty(t, unitFault(t, strings.Replace(string(text), "ProtectSystem", "ProtectsSystem", 1)))
	out, ok := told(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", "hq/mirrorcart-hq.service")
	require.True(t, ok, "%s", out)
}

// The settings that its package brings say nothing but what has no default.
func TestHeadquartersShortSettings(t *testing.T) {
	short, err := LoadHQ("hq/hq.yaml", nil)
	require.NoError(t, err)
	explained, err := LoadHQ("hq.yaml", nil)
	require.NoError(t, err)
	require.Empty(t, explained.Nodes)
	explained.Nodes = short.Nodes // an empty list is as good as none
	require.Equal(t, explained, short)
}
