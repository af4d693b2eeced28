package rig_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

func TestSaleIsMeasuredAgainstTheSameRows(t *testing.T) {
	for _, tills := range []int{1, 8} {
		dir := t.TempDir()
		r, err := rig.Sale{Tills: tills, Sales: 300, Dir: dir}.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, 300, r.Sales)
		require.Positive(t, min(r.Sync, r.Commits, r.Raw, r.MS.P50))
		require.LessOrEqual(t, r.MS.P50, r.MS.P99)
		require.InEpsilon(t, r.Commits/r.Raw, r.Ratio, 1e-9)
		var table bytes.Buffer
		require.NoError(t, r.Print(&table))
		require.Contains(t, table.String(), "raw SQLite")
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

func TestSaleIsChecked(t *testing.T) {
	for _, s := range []rig.Sale{{Tills: 0, Sales: 1}, {Tills: 257, Sales: 1}, {Tills: 1, Sales: 0}} {
		s.Dir = t.TempDir()
		require.Error(t, s.Check())
	}
}

// The delay is in every sync, and so in every sale.
func TestSaleOnASlowDisk(t *testing.T) {
	cmd, err := rig.SlowDisk(t.Context(), 20*time.Millisecond, os.Args[0])
	if errors.Is(err, rig.ErrNoTrace) {
		t.Skip(err)
	}
	require.NoError(t, err)
	cmd.Env = append(os.Environ(), saleVar+"="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var r struct {
		Sync float64
		rig.SaleReport
	}
	require.NoError(t, json.Unmarshal(out, &r), "%s", out)
	require.Greater(t, r.Sync, 20.0)
	require.Greater(t, r.MS.P50, 20.0)
	require.Less(t, r.Raw, 50.0)
}
