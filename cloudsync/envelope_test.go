package cloudsync

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// fixedKey is a key that is the same in every run, so that seeds stay good.
func fixedKey(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func code(err error) Refusal {
	if r, ok := errors.AsType[*RefusalError](err); ok {
		return r.Code
	}
	return ""
}

func TestEnvelopeIsBoundToSignerTopicAndBytes(t *testing.T) {
	const topic = "v1/00/a/up/sale"
	key := fixedKey(1)
	sealed := Seal(key, KindBatch, topic, []byte("body"))
	env, err := Open(sealed)
	require.NoError(t, err)
	require.Equal(t, KindBatch, env.Kind)
	require.Equal(t, "body", string(env.Body))
	require.NoError(t, env.Verify(public(key), topic))
	require.Equal(t, RefusedForged, code(env.Verify(public(key), "v1/00/a/up/ops")), "replayed on another topic")
	require.Equal(t, RefusedUnknownKey, code(env.Verify(public(fixedKey(2)), topic)))
	require.Equal(t, RefusedUnknownKey, code(env.Verify(nil, topic)))
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		env, err := Open(altered)
		if err == nil {
			err = env.Verify(public(key), topic)
		}
		require.NotEmpty(t, code(err), "byte %d", i)
	}
}

func TestTopics(t *testing.T) {
	for _, s := range []string{
		Topic{Node: "hn_1-a", Branch: BranchUp, Lane: edge.LaneSale}.String(),
		Topic{Node: strings.Repeat("z", 64), Branch: BranchAck, Lane: edge.LaneOps}.String(),
		Topic{Node: "0", Branch: BranchState}.String(),
	} {
		got, err := ParseTopic(s)
		require.NoError(t, err)
		require.Equal(t, s, got.String())
	}
	require.Equal(t, "v1/38/123456789/rsp", Topic{Node: "123456789", Branch: BranchRsp}.String(), "CRC-32 of it is 0xCBF43926")
	for _, s := range []string{
		"", "v1", "v1/38/123456789", "v2/38/123456789/rsp", "v1/39/123456789/rsp", "v1/38/123456789/rsp/",
		"v1/38/123456789/up", "v1/38/123456789/up/", "v1/38/123456789/ack/tele", "v1/38/123456789/cmd/x", "v1/38/123456789/up/sale/x",
		"v1/38/123456789/other", "v1/+/+/up/sale", "v1/38/12345678９/rsp", "v1/00//rsp",
		"v1/38/" + strings.Repeat("z", 65) + "/rsp", "v1/38/A/rsp", "v1/38/a.b/rsp", "v1/38/a#/rsp",
	} {
		_, err := ParseTopic(s)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%q: %v", s, err)
	}
}

// chainOf makes a valid batch of events with the given data.
func chainOf(data ...string) *Batch {
	b := &Batch{Node: "a", Epoch: "e", Lane: edge.LaneSale, From: 1, To: uint64(len(data)), N: len(data)}
	for i, d := range data {
		e := edge.Event{Node: "a", Epoch: "e", Lane: edge.LaneSale, Seq: uint64(i + 1), ID: "id", Type: "t", Subject: "<&>", Data: json.RawMessage(d)}
		b.Hash = e.Hash(b.Hash)
		b.Events = append(b.Events, e)
	}
	return b
}

func newTestCodec(t testing.TB) *Codec {
	c, err := NewCodec()
	require.NoError(t, err)
	return c
}

func TestEventsArriveByteForByte(t *testing.T) {
	c := newTestCodec(t)
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 0, 20).Draw(rt, "texts")
		var data []string
		for _, s := range texts {
			raw, err := json.Marshal(map[string]string{"s": s}) // escapes <, > and &
			require.NoError(rt, err)
			plain, err := marshal(map[string]string{"s": s})
			require.NoError(rt, err)
			data = append(data, string(raw), string(plain))
		}
		b := chainOf(data...)
		body, err := c.EncodeBatch(b)
		require.NoError(rt, err)
		got, err := c.DecodeBatch(body)
		require.NoError(rt, err)
		require.Equal(rt, b, got)
		_, err = got.Hashes()
		require.NoError(rt, err)
	})
}

func TestEventsAreWrittenAsTheirTagsSay(t *testing.T) {
	c := newTestCodec(t)
	b := chainOf(`{"a":"<é>"}`, `null`)
	b.Events[0] = edge.Event{
		Node: "a", Epoch: "e", Lane: edge.LaneSale, Seq: 1, ID: `"1"`, Type: "t\n", Time: -1, Mono: 1 << 60, Subject: "\u2028",
		Data: json.RawMessage(`[1,{"a":"b"}]`),
	}
	b.Events[1].Subject, b.Nonce = "", "n"
	body, err := c.EncodeBatch(b)
	require.NoError(t, err)
	got, err := c.dec.DecodeAll(body, nil)
	require.NoError(t, err)
	want, err := json.Marshal(b)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))

	b.Events[1].Subject = "\xff"
	_, err = c.EncodeBatch(b)
	require.Equal(t, RefusedUndecodable, code(err))
	require.ErrorContains(t, err, "event 2")
}

func TestDataThatJSONCannotCarry(t *testing.T) {
	c := newTestCodec(t)
	_, err := c.EncodeBatch(chainOf("no JSON"))
	require.Equal(t, RefusedUndecodable, code(err))
	_, err = c.EncodeBatch(chainOf(`"` + strings.Repeat("x", MaxDecoded) + `"`))
	require.Equal(t, RefusedTooLarge, code(err))

	// Loosely written JSON arrives as it is, but for what stands around it: the
	// hash tells.
	body, err := c.EncodeBatch(chainOf(`{"a": 1}`))
	require.NoError(t, err)
	b, err := c.DecodeBatch(body)
	require.NoError(t, err)
	_, err = b.Hashes()
	require.NoError(t, err)
	body, err = c.EncodeBatch(chainOf(` {"a":1}`))
	require.NoError(t, err)
	b, err = c.DecodeBatch(body)
	require.NoError(t, err)
	_, err = b.Hashes()
	require.Equal(t, RefusedChain, code(err))
	require.True(t, code(err).Divisible())

	loose := chainOf("{\"a\":  1, \"b\":\"\xff\"}")
	loose.Opaque, loose.Events = NewOpaque(&loose.Events[0]), nil
	body, err = c.EncodeBatch(loose)
	require.NoError(t, err)
	b, err = c.DecodeBatch(body)
	require.NoError(t, err)
	hashes, err := b.Hashes()
	require.NoError(t, err)
	require.Equal(t, []edge.Hash{loose.Hash}, hashes)
}

func TestAcksThatMakeNoSense(t *testing.T) {
	for _, s := range []string{
		``, `{}`, `{"v":2}`, `[]`, `{"v":1,"mark":-1}`, `{"v":1,"mark":3,"at":4}`, `{"v":1,"mark":9223372036854775807}`,
		`{"v":1,"mark":3,"missing":[[3,4]]}`, `{"v":1,"mark":3,"missing":[[5,4]]}`, `{"v":1,"hash":"00"}`,
	} {
		_, err := DecodeAck([]byte(s))
		require.NotEmpty(t, code(err), "%s", s)
	}
	a, err := DecodeAck([]byte(`{"v":1,"mark":3,"missing":[[4,5],[8,8]],"told":"by a newer HQ"}`))
	require.NoError(t, err)
	require.Equal(t, [][2]uint64{{4, 5}, {8, 8}}, a.Missing)
}

func TestDownMessagesThatMakeNoSense(t *testing.T) {
	c := newTestCodec(t)
	for _, d := range []Down{{}, {N: 1, Prev: 1}, {N: 1, Carts: []*edge.Cart{nil}}} {
		body, err := c.EncodeDown(&d)
		require.NoError(t, err)
		_, err = c.DecodeDown(body)
		require.Equal(t, RefusedUndecodable, code(err), "%+v", d)
	}
}

// What is small on the wire stays small in memory.
func TestListsStopAtTheirLimits(t *testing.T) {
	c := newTestCodec(t)
	many := "[{}" + strings.Repeat(",{}", 1_390_000) + "]"
	batch := `{"v":1,"node":"n","epoch":"e","lane":"sale","from":1,"to":1,"n":1,"events":`
	few := "[{}" + strings.Repeat(",{}", MaxEvents-1) + "]"
	decodeBatch := func(b []byte) error { _, err := c.DecodeBatch(b); return err }
	decodeDown := func(b []byte) error { _, err := c.DecodeDown(b); return err }
	for name, tt := range map[string]struct {
		decode func([]byte) error
		raw    string
		want   Refusal
	}{
		"events":              {decodeBatch, batch + many + "}", RefusedTooLarge},
		"events and again":    {decodeBatch, batch + few + strings.Repeat(`,"events":`+few, 5000) + "}", RefusedUndecodable},
		"events that are one": {decodeBatch, batch + "{}}", RefusedUndecodable},
		"carts":               {decodeDown, `{"v":1,"n":1,"carts":` + many + "}", RefusedTooLarge},
		"lines of a cart":     {decodeDown, `{"v":1,"n":1,"carts":[{"lines":` + many + "}]}", RefusedTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			body := c.enc.EncodeAll([]byte(tt.raw), nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := tt.decode(body)
			runtime.ReadMemStats(&after)
			require.Equal(t, tt.want, code(err), "%v", err)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*MaxDecoded), "bytes allocated")
		})
	}
}

func TestPauseGrowsToItsCeiling(t *testing.T) {
	b := Backoff{}.withDefaults()
	require.Equal(t, Backoff{Base: time.Second, Max: time.Minute}, b)
	for failures, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		require.Equal(t, most, b.pause(failures, 1))
		require.Equal(t, most/2, b.pause(failures, 0.5))
		require.Zero(t, b.pause(failures, 0), "full jitter begins at nothing")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(Seal(fixedKey(1), KindAck, "v1/00/a/ack/sale", []byte("{}")))
	f.Add([]byte{1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		env, err := Open(b)
		if err != nil {
			require.NotEmpty(t, code(err))
			return
		}
		if bytes.Equal(b, Seal(fixedKey(1), env.Kind, "t", env.Body)) {
			require.NoError(t, env.Verify(public(fixedKey(1)), "t"))
		} else {
			require.Error(t, env.Verify(public(fixedKey(1)), "t"))
		}
	})
}

func FuzzDecodeBatch(f *testing.F) {
	c := newTestCodec(f)
	body, err := c.EncodeBatch(chainOf(`{"a":1}`, `"<>"`))
	require.NoError(f, err)
	f.Add(body)
	probe, err := c.EncodeBatch(&Batch{Node: "a", Epoch: "e", Lane: edge.LaneOps, From: 8, To: 7, Nonce: "n"})
	require.NoError(f, err)
	f.Add(probe)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, body := range [][]byte{raw, c.enc.EncodeAll(raw, nil)} { // as it is, and as JSON within
			b, err := c.DecodeBatch(body)
			if err != nil {
				require.NotEmpty(t, code(err))
				continue
			}
			require.LessOrEqual(t, b.N, MaxEvents)
			require.Equal(t, b.From+uint64(b.N), b.To+1)
			hashes, err := b.Hashes()
			if err == nil {
				require.Len(t, hashes, b.N)
			}
			again, err := c.EncodeBatch(b)
			require.NoError(t, err)
			got, err := c.DecodeBatch(again)
			require.NoError(t, err)
			require.Equal(t, b.Hash, got.Hash)
		}
	})
}

func FuzzDecodeSmallBodies(f *testing.F) {
	c := newTestCodec(f)
	ack, err := (&Ack{Mark: 3, Missing: [][2]uint64{{4, 5}}, Time: time.Unix(0, 0).UTC()}).Encode()
	require.NoError(f, err)
	f.Add(ack)
	f.Add([]byte(`{"v":1,"n":2,"prev":1,"carts":[{"id":"AAAAAAAAAAAAAAAA","lines":[]}]}`))
	f.Add([]byte(`{"v":1,"session":"s","up":true,"down":4,"code":"forged"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := DecodeAck(b); err == nil {
			require.LessOrEqual(t, a.At, a.Mark)
		}
		if d, err := c.DecodeDown(c.enc.EncodeAll(b, nil)); err == nil {
			require.Less(t, d.Prev, d.N)
		}
		_, err := DecodeNack(b)
		_, err2 := DecodeConfirm(b)
		_, err3 := DecodeState(b)
		for _, err := range []error{err, err2, err3} {
			require.True(t, err == nil || code(err) != "")
		}
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add("v1/38/123456789/rsp")
	f.Add("v1/38/123456789/up/sale")
	f.Fuzz(func(t *testing.T, s string) {
		if topic, err := ParseTopic(s); err == nil {
			require.Equal(t, s, topic.String())
		}
	})
}
