package rig_test

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

func crash(broker, database string, shops, collectors, kills int) rig.Crash {
	return rig.Crash{
		Plan:  rig.Plan{Broker: broker, Database: database, Shops: shops, Collectors: collectors, Log: quiet, Pace: quick},
		Kills: kills, Every: 150 * time.Millisecond, Rate: 40, Seed: rand.Uint64(), Part: part(),
	}
}

// Gateways, broker and collectors are killed again and again while the gateways
// sell: every receipt that was printed is at headquarters, once.
func TestEverySaleArrivesOnceWhateverIsKilled(t *testing.T) {
	for name, c := range map[string]rig.Crash{
		"mosquitto, postgres": crash(rig.Mosquitto, rig.Postgres, 3, 2, 90),
		"mosquitto, sqlite":   crash(rig.Mosquitto, rig.SQLite, 2, 1, 20),
		"mochi, sqlite":       crash(rig.Mochi, rig.SQLite, 1, 1, 8),
	} {
		t.Run(name, func(t *testing.T) {
			kills := 0
			c.Progress = func(n int) { kills = n }
			r, err := c.Run(t.Context())
			skipMissing(t, err)
			var table bytes.Buffer
			require.NoError(t, r.Print(&table))
			t.Log(table.String())
			require.NoError(t, r.Err())
			require.Equal(t, c.Kills, r.Kills)
			require.Equal(t, c.Kills, kills)
			require.Equal(t, r.Receipts, r.Held)
			require.GreaterOrEqual(t, r.Receipts, c.Shops, "each has sold")
		})
	}
}

// A receipt for a sale that was never made, and a sale that nobody asked for.
func TestCrashCountsWhatIsLostAndDoubled(t *testing.T) {
	c := crash(rig.Mochi, rig.SQLite, 1, 1, 1)
	c.Part, c.Seed = part(cheatVar+"=1"), 1
	r, err := c.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"broker": 1}, r.Victims, "choose another seed: a gateway that starts again cheats again")
	require.Equal(t, 1, r.Lost)
	require.Equal(t, 1, r.Doubled)
	require.Zero(t, r.Gaps+r.Quarantined+r.Differing)
	require.ErrorContains(t, r.Err(), "1 lost, 1 doubled, 0 gaps")
}

func TestCrashTellsOfWhatEndsByItself(t *testing.T) {
	c := crash(rig.Mochi, rig.SQLite, 1, 1, 1000)
	c.Part = func() *exec.Cmd { return exec.Command("/bin/sh", "-c", "read order; echo no disk >&2; exit 3") }
	_, err := c.Run(t.Context())
	require.ErrorContains(t, err, "ended by itself: exit status 3: no disk")

	c.Part = func() *exec.Cmd { return exec.Command("/bin/sh", "-c", "read order; echo what; exec cat >&2") }
	c.Kills = 1
	_, err = c.Run(t.Context())
	require.ErrorContains(t, err, `shop-1 printed "what"`)

	c.Part = func() *exec.Cmd { return exec.Command("/nowhere") }
	_, err = c.Run(t.Context())
	require.ErrorContains(t, err, "/nowhere")
}

func TestCrashIsChecked(t *testing.T) {
	good := crash(rig.Mosquitto, rig.Postgres, 3, 2, 1)
	require.NoError(t, good.Check())
	for _, change := range []func(*rig.Crash){
		func(c *rig.Crash) { c.Kills = 0 },
		func(c *rig.Crash) { c.Every = 0 },
		func(c *rig.Crash) { c.Rate = -1 },
		func(c *rig.Crash) { c.Database = rig.SQLite },
		func(c *rig.Crash) { c.Shops = 0 },
	} {
		c := good
		change(&c)
		require.Error(t, c.Check())
		_, err := c.Run(t.Context())
		require.Error(t, err)
	}
}

func TestPartRefuses(t *testing.T) {
	for _, in := range []string{"", "{", "{}"} {
		require.Error(t, rig.Part(t.Context(), strings.NewReader(in), &bytes.Buffer{}, quiet))
	}
}
