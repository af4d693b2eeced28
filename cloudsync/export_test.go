package cloudsync_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// export writes all that the shop has, of all epochs, into a file.
func (c *chain) export(t testing.TB, key ed25519.PrivateKey) []byte {
	t.Helper()
	x := cloudsync.Export{Node: node, Key: key, Archive: c.shop, Made: time.Now()}
	epochs, err := c.shop.Epochs(t.Context())
	require.NoError(t, err)
	for _, epoch := range epochs {
		for _, lane := range edge.Lanes() {
			head, _, err := c.shop.EpochHead(t.Context(), epoch, lane)
			require.NoError(t, err)
			x.Spans = append(x.Spans, cloudsync.ExportSpan{Epoch: epoch, Lane: lane, From: 1, To: head})
		}
	}
	var b bytes.Buffer
	var told uint64
	require.NoError(t, x.Write(t.Context(), &b, func(n uint64) { told = n }))
	require.Equal(t, x.Events(), told)
	return b.Bytes()
}

func (c *chain) importFile(file []byte) error {
	_, err := c.hq.Import(context.Background(), bytes.NewReader(file), func(uint64, uint64) {})
	return err
}

func unpack(t testing.TB, file []byte) []byte {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	defer z.Close()
	raw, err := io.ReadAll(z)
	require.NoError(t, err)
	return raw
}

func pack(t testing.TB, raw []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	defer z.Close()
	return z.EncodeAll(raw, nil)
}

// A shop whose line is down for good reaches HQ on a stick, also with epochs
// that have ended; then the line is back, and nothing counts twice.
func TestExportedFileTakesTheSalesToHQ(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	var sold []edge.Sale
	for range 250 {
		sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
	}
	head, _, err := c.shop.Head(t.Context(), edge.LaneSale)
	require.NoError(t, err)
	_, err = c.shop.OpenEpoch(t.Context(), map[edge.Lane]uint64{edge.LaneSale: head - 7, edge.LaneOps: 3}, 0)
	require.NoError(t, err)
	sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))

	file := c.export(t, c.nodeKey)
	report, err := c.hq.Import(t.Context(), bytes.NewReader(file), func(uint64, uint64) {})
	require.NoError(t, err)
	require.Equal(t, node, report.Node)
	require.Zero(t, report.Held)
	allHeld(t, sold, c.held(t))

	again, err := c.hq.Import(t.Context(), bytes.NewReader(file), func(uint64, uint64) {})
	require.NoError(t, err)
	require.Equal(t, report.Events, again.Held)
	allHeld(t, sold, c.held(t))

	sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
	c.net.start(t)
	c.collect(t, "hq-1")
	c.startUplink(t)
	c.settled(t, sold)
}

func TestImportGoesOnAfterAnInterruption(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	var sold []edge.Sale
	for range 300 {
		sold = append(sold, *edgetest.Sell(t, c.shop, edgetest.Lipstick))
	}
	file := c.export(t, c.nodeKey)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := c.hq.Import(ctx, bytes.NewReader(file), func(done, _ uint64) {
		if done >= 200 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	report, err := c.hq.Import(t.Context(), bytes.NewReader(file), func(uint64, uint64) {})
	require.NoError(t, err)
	require.GreaterOrEqual(t, report.Held, uint64(200))
	require.Less(t, report.Held, report.Events)
	allHeld(t, sold, c.held(t))
}

func TestFilesThatAreNotAsTheyWereWritten(t *testing.T) {
	c := newChain(t, newEmbedded(t))
	for range 5 {
		edgetest.Sell(t, c.shop, edgetest.Lipstick)
	}
	file := c.export(t, c.nodeKey)
	raw := unpack(t, file)
	lines := strings.SplitAfter(string(raw), "\n")
	require.Len(t, lines, 5, "header, two batches, trailer, and nothing after it")
	refused := func(name string, file []byte) *cloudsync.ExportError {
		t.Helper()
		err := c.importFile(file)
		var at *cloudsync.ExportError
		require.True(t, errors.As(err, &at), "%s: %v", name, err)
		require.Positive(t, at.Line, name)
		require.LessOrEqual(t, at.Offset, int64(len(raw))+1, name)
		return at
	}
	step := max(1, len(raw)/100)
	for i := 0; i < len(raw); i += step {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		line := bytes.Count(raw[:i], []byte{'\n'}) + 1
		err := c.importFile(pack(t, altered))
		require.Error(t, err, "byte %d", i)
		var at *cloudsync.ExportError
		if errors.As(err, &at) { // a foreign key or name in the header is refused as such
			require.GreaterOrEqual(t, at.Line, line, "byte %d: %v", i, err)
		} else {
			require.Equal(t, 1, line, "byte %d: %v", i, err)
		}
	}
	took := 0
	for i := 4; i < len(file); i += max(1, len(file)/50) {
		altered := bytes.Clone(file)
		altered[i] ^= 0x10
		if err := c.importFile(altered); err == nil { // zstd has a bit that means nothing
			require.Equal(t, string(raw), string(unpack(t, altered)), "compressed byte %d", i)
			took++
		}
	}
	require.LessOrEqual(t, took, 1)
	c.hqAt = filepath.Join(c.dir, "unspoilt.db")
	require.NoError(t, c.hq.Close())
	c.openHQ(t)
	c.enrol(t)
	for n := range lines[:4] {
		at := refused("cut", pack(t, []byte(strings.Join(lines[:n], ""))))
		require.Equal(t, n+1, at.Line)
		require.Contains(t, at.Msg, "copy it again")
	}
	require.Contains(t, refused("cut", file[:len(file)/2]).Error(), "line ")
	require.Contains(t, refused("swapped", pack(t, []byte(lines[0]+lines[2]+lines[1]+lines[3]))).Msg, "come next")
	require.Contains(t, refused("left out", pack(t, []byte(lines[0]+lines[1]+lines[3]))).Msg, "are missing")
	require.Contains(t, refused("twice", pack(t, []byte(lines[0]+lines[1]+lines[1]+lines[2]+lines[3]))).Msg, "come next")
	require.Contains(t, refused("more", pack(t, []byte(string(raw)+"{}\n"))).Msg, "follows the end")
	require.Contains(t, refused("no export", pack(t, []byte("{}\n"))).Error(), "no file of events")
	require.Contains(t, refused("no zstd", []byte("a letter")).Error(), "decompressed")
	require.Contains(t, refused("empty", nil).Msg, "ends before")
	require.Contains(t, refused("a bomb", pack(t, make([]byte, 64<<20))).Msg, "a line of more than")
	require.Contains(t, refused("a bomb of lines", pack(t, append([]byte(lines[0]), bytes.Repeat([]byte("\n"), 1<<20)...))).Error(), "line 2")

	stranger := c.export(t, newKey(t))
	var unknown *cloudsync.RefusalError
	require.ErrorAs(t, c.importFile(stranger), &unknown)
	require.Equal(t, cloudsync.RefusedUnknownKey, unknown.Code)
	require.Empty(t, c.held(t), "nothing of all these was taken")
	require.NoError(t, c.importFile(file))
	require.NoError(t, c.hq.Project(t.Context()))
	require.Len(t, c.held(t), 5)
}

// The reader takes a constant amount of memory and answers anything with a
// typed error.
func FuzzExport(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	pub := key.Public().(ed25519.PublicKey)
	id := cloudsync.IDOf(pub)
	header, err := json.Marshal(cloudsync.ExportHeader{V: 1, Type: "header", Node: "n", Key: id[:]})
	require.NoError(f, err)
	f.Add([]byte(string(header) + "\n" + `{"type":"batch","from":1,"to":2}` + "\n" + `{"type":"trailer"}` + "\n"))
	f.Add([]byte("\n\n"))
	z, err := zstd.NewWriter(nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, file := range [][]byte{raw, z.EncodeAll(raw, nil)} {
			r, err := cloudsync.NewExportReader(bytes.NewReader(file))
			var at *cloudsync.ExportError
			if err != nil {
				require.ErrorAs(t, err, &at)
				continue
			}
			r.Trust(pub)
			for err == nil {
				_, err = r.Next()
			}
			require.True(t, errors.As(err, &at), "a signature is not guessed: %v", err)
			r.Close()
		}
	})
}
