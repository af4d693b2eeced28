package rig_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

func TestX(t *testing.T) {
	for _, k := range []int{1, 8} {
		r, err := rig.Sale{Tills: k, Sales: 3000, Dir: t.TempDir()}.Run(t.Context())
		require.NoError(t, err)
		require.NoError(t, r.Print(os.Stdout))
	}
}
