package hq

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// collectors opens a database once, or several times where it may be shared.
func collectors(t *testing.T, n int) []*HQ {
	t.Helper()
	where, key, clock := databasetest.Place(t), newKey(t), edgetest.NewClock()
	first := open(t, where, clock.Now, key)
	list := []*HQ{first}
	for len(list) < n && databasetest.OnPostgres() {
		list = append(list, open(t, where, clock.Now, key))
	}
	return list
}

// enrolled makes a gateway that sends to h.
func enrolled(t *testing.T, h *HQ, name string) *gateway {
	t.Helper()
	g := newGatewayOf(t, h, edgetest.NewClock(), name)
	g.newEpoch("e-" + name)
	return g
}

// Several collectors take in many lanes at once, and nobody who reads by
// position skips an event or sees one twice.
func TestReadersSkipNoPosition(t *testing.T) {
	const lanes, batches, size = 6, 12, 5
	all := collectors(t, 3)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	type name struct {
		node string
		seq  uint64
	}
	var seen []name
	read := func() error {
		for after := int64(len(seen)); ; after = int64(len(seen)) {
			list, err := all[0].Events(ctx, after, 7)
			if err != nil {
				return err
			}
			for i, r := range list {
				if r.Cursor != after+int64(i)+1 {
					return fmt.Errorf("position %d after %d", r.Cursor, after+int64(i))
				}
				seen = append(seen, name{r.Event.Node, r.Event.Seq})
			}
			if len(list) == 0 {
				return nil
			}
		}
	}
	done := make(chan error, 1)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case <-over:
				done <- read()
				return
			default:
			}
			if err := read(); err != nil {
				done <- err
				return
			}
		}
	}()
	var wg sync.WaitGroup
	errs := make(chan error, lanes)
	for i := range lanes {
		g := enrolled(t, all[i%len(all)], fmt.Sprint("node-", i))
		g.addMoves(batches * size)
		var sealed [][]byte
		for b := range batches {
			sealed = append(sealed, g.seal(g.batch(uint64(b*size+1), uint64((b+1)*size))))
		}
		sealed[3], sealed[4] = sealed[4], sealed[3]
		topic := g.topic()
		wg.Go(func() {
			for j, payload := range sealed {
				if _, err := all[(i+j)%len(all)].Ingest(ctx, topic, payload); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(over)
	require.NoError(t, <-done)
	require.Empty(t, errs)
	require.Len(t, seen, lanes*batches*size)
	next := map[string]uint64{}
	for _, n := range seen {
		next[n.node]++
		require.Equal(t, next[n.node], n.seq, "a lane's events are in order")
	}
}

// All collectors project, one at a time, and what they make adds up.
func TestProjectingTogether(t *testing.T) {
	all := collectors(t, 3)
	g := enrolled(t, all[0], testNode)
	g.addMoves(400)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for b := range 20 {
		payload := g.seal(g.batch(uint64(b*20+1), uint64((b+1)*20)))
		h := all[b%len(all)]
		_, err := h.Ingest(t.Context(), g.topic(), payload)
		require.NoError(t, err)
		wg.Go(func() { errs <- h.Project(t.Context()) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, 400, g.stock())
	require.NoError(t, all[len(all)-1].Rebuild(t.Context()))
	require.EqualValues(t, 400, g.stock())
	_, projected, err := all[0].progress(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 400, projected)
}

// newGatewayOf enrols a gateway at an HQ that is open.
func newGatewayOf(t testing.TB, h *HQ, clock *edgetest.Clock, name string) *gateway {
	t.Helper()
	g := &gateway{t: t, hq: h, clock: clock, key: newKey(t), node: name, lane: "sale", codec: h.codec}
	require.NoError(t, h.Enrol(t.Context(), Node{Node: name, Shop: testShop, Key: g.key.Public().(ed25519.PublicKey)}))
	return g
}
