package cloudsync

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

const testID = "0197a000-0000-7000-8000-000000000001"

func TestCommandsAndAnswersThatMakeNoSense(t *testing.T) {
	good := `"v":1,"node":"n","exp":"2026-11-22T08:00:00Z","op":"digest","args":{}`
	_, err := DecodeCmd([]byte(`{"id":"` + testID + `",` + good + `}`))
	require.NoError(t, err)
	for _, s := range []string{
		``, `{}`, `{"v":2}`, `{` + good + `}`,
		`{"id":"0197a000-0000-4000-8000-000000000001",` + good + `}`, // a UUIDv4
		`{"id":"` + strings.ToUpper(testID) + `A",` + good + `}`,
		`{"v":1,"id":"` + testID + `","node":"n","op":"digest"}`, // never expires
		`{"v":1,"id":"` + testID + `","node":"N","exp":"2026-11-22T08:00:00Z"}`,
		`{"v":1,"id":"` + testID + `","node":"n","exp":"tomorrow"}`,
		`{"id":"` + testID + `",` + good + strings.Repeat(" ", maxCmd) + `}`,
	} {
		_, err := DecodeCmd([]byte(s))
		require.NotEmpty(t, code(err), "%s", s)
	}

	c := newTestCodec(t)
	base := Rsp{Node: "n", ID: testID, Status: CmdRunning}
	for name, change := range map[string]func(*Rsp){
		"status":     func(r *Rsp) { r.Status = "perhaps" },
		"part":       func(r *Rsp) { r.Part = 1 },
		"result":     func(r *Rsp) { r.Result = &Result{} },
		"parts":      func(r *Rsp) { r.Parts = maxParts + 1 },
		"negative":   func(r *Rsp) { r.Parts = -1 },
		"progress":   func(r *Rsp) { r.Done = maxSeq + 1 },
		"message":    func(r *Rsp) { r.Message = strings.Repeat("x", maxText+1) },
		"id":         func(r *Rsp) { r.ID = "1" },
		"node":       func(r *Rsp) { r.Node = "" },
		"digests":    func(r *Rsp) { r.Part, r.Result = 1, &Result{Digests: []Digest{{From: 5, To: 4}}} },
		"same twice": func(r *Rsp) { r.Part, r.Result = 1, &Result{Digests: []Digest{{From: 1, To: 4}, {From: 4, To: 5}}} },
		"empty cart": func(r *Rsp) { r.Part, r.Result = 1, &Result{Carts: []*edge.Cart{nil}} },
		"epoch":      func(r *Rsp) { r.Part, r.Result = 1, &Result{Epoch: strings.Repeat("e", maxEpoch+1)} },
		"sample's lane": func(r *Rsp) {
			r.Part, r.Result = 1, &Result{Diagnostics: &Diagnostics{Sample: Sample{Lanes: []LaneQueue{{Lane: "x"}}}}}
		},
	} {
		r := base
		change(&r)
		body, err := c.EncodeRsp(&r)
		require.NoError(t, err)
		_, err = c.DecodeRsp(body)
		require.Equal(t, RefusedUndecodable, code(err), name)
	}
	for name, list := range map[string]any{
		"digests": make([]Digest, MaxDigests+1), "stock": make([]StockLevel, MaxStock+1),
		"marks": make([]edge.LaneReach, maxMarks+1), "receipts": make([]edge.Receipt, maxMarks+1), "carts": make([]struct{}, maxDown+1),
		"faults": nil,
	} {
		result := map[string]any{name: list}
		if name == "faults" {
			result = map[string]any{"diagnostics": map[string]any{name: make([]Fault, maxFaults+1)}}
		}
		raw, err := json.Marshal(map[string]any{"v": 1, "node": "n", "id": testID, "status": "running", "part": 1, "result": result})
		require.NoError(t, err)
		_, err = c.DecodeRsp(c.enc.EncodeAll(raw, nil))
		require.Equal(t, RefusedTooLarge, code(err), name)
	}
	for _, s := range []string{
		`{}`, `{"v":1,"node":""}`, `{"v":1,"node":"n","uptime":-1}`, `{"v":1,"node":"n","lanes":[{"lane":"tele"}]}`,
		`{"v":1,"node":"n","lanes":[{},{},{}]}`, `{"v":1,"node":"n","version":"` + strings.Repeat("x", maxSample) + `"}`,
	} {
		_, err := DecodeSample([]byte(s))
		require.NotEmpty(t, code(err), "%.50s", s)
	}
}

// Digests do not depend on how the events were read, and tell one block from
// another.
func TestDigestsAreOfBlocks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Uint64Range(1, 3500).Draw(rt, "events")
		digests := func(change, missing uint64) []Digest {
			var d Digester
			var list []Digest
			for seq := uint64(1); seq <= n; seq++ {
				h := edge.Hash{byte(seq), byte(seq >> 8)}
				if seq == change {
					h[31]++
				}
				if seq != missing {
					d.Add(seq, h)
				}
				if rapid.Bool().Draw(rt, "read") {
					list = append(list, d.Whole()...)
				}
			}
			return append(list, d.End()...)
		}
		whole := digests(0, 0)
		require.Len(rt, whole, int((n+DigestBlock-1)/DigestBlock))
		require.Empty(rt, Differing(whole, digests(0, 0)))
		at := rapid.Uint64Range(1, n).Draw(rt, "at")
		want := [][2]uint64{{BlockStart(at), BlockStart(at) + DigestBlock - 1}}
		require.Equal(rt, want, Differing(whole, digests(at, 0)))
		require.Equal(rt, want, Differing(digests(0, at), whole))
		require.Len(rt, Differing(whole, nil), len(whole))
	})
	require.EqualValues(t, 1, BlockStart(0))
	require.EqualValues(t, 1001, BlockStart(2000))
}

func TestMessagesInOneBody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var list []Message
		for range rapid.IntRange(0, MaxMessages).Draw(rt, "messages") {
			list = append(list, Message{
				Topic:   rapid.StringMatching(`[a-z0-9/]{0,40}`).Draw(rt, "topic"),
				Payload: rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(rt, "payload"),
			})
		}
		body := EncodeMessages(list)
		got, err := DecodeMessages(body)
		require.NoError(rt, err)
		require.Len(rt, got, len(list))
		for i := range got {
			require.Equal(rt, list[i].Topic, got[i].Topic)
			require.Equal(rt, string(list[i].Payload), string(got[i].Payload))
		}
		if len(body) > 0 { // cut anywhere it is refused, but between two messages
			got, err := DecodeMessages(body[:len(body)-1])
			require.True(rt, err != nil || len(got) < len(list))
		}
	})
	for name, b := range map[string][]byte{
		"topic": {0xff, 0xff}, "payload": {0, 0, 0xff, 0xff, 0xff, 0xff}, "many": make([]byte, (MaxMessages+1)*frameExtra),
		"body": make([]byte, MaxPost+1),
	} {
		_, err := DecodeMessages(b)
		require.Equal(t, RefusedTooLarge, code(err), name)
	}
}

func TestShortenKeepsCharactersWhole(t *testing.T) {
	require.Equal(t, "Việt", shorten("Việt", 10))
	require.Equal(t, "Vi", shorten("Việt", 4))
	require.Empty(t, shorten("ệ", 1))
}

func FuzzDecodeCmd(f *testing.F) {
	body, err := (&Cmd{ID: testID, Node: "n", Op: OpRange, Args: Args{Lane: edge.LaneSale, From: 1}, Exp: time.Unix(1, 0).UTC()}).Encode()
	require.NoError(f, err)
	f.Add(body)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCmd(b)
		if err != nil {
			require.NotEmpty(t, code(err))
			return
		}
		if err := c.Args.Check(c.Op); err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
		}
		again, err := c.Encode()
		require.NoError(t, err)
		if len(again) <= maxCmd {
			got, err := DecodeCmd(again)
			require.NoError(t, err)
			require.Equal(t, c.ID, got.ID)
		}
	})
}

func FuzzDecodeRsp(f *testing.F) {
	c := newTestCodec(f)
	for _, r := range []Rsp{
		{Node: "n", ID: testID, Status: CmdDone, Done: 3, Total: 3, Parts: 2},
		{Node: "n", ID: testID, Status: CmdRunning, Part: 1, Result: &Result{Epoch: "e", Lane: edge.LaneOps, Digests: []Digest{{From: 1, To: 9}}}},
		{Node: "n", ID: testID, Status: CmdRunning, Part: 2, Result: &Result{Stock: []StockLevel{{"S", 4}}, Diagnostics: &Diagnostics{}}},
	} {
		r.V = version
		raw, err := marshal(r)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, body := range [][]byte{raw, c.enc.EncodeAll(raw, nil)} {
			r, err := c.DecodeRsp(body)
			if err != nil {
				require.NotEmpty(t, code(err))
				continue
			}
			require.Equal(t, r.Part == 0, r.Result == nil)
			_, err = c.EncodeRsp(r)
			require.NoError(t, err)
		}
	})
}

func FuzzDecodeRecall(f *testing.F) {
	c := newTestCodec(f)
	raw, err := marshal(&Recall{V: version, Node: "n", Epoch: "e2", Series: 2, Nonce: "x", Have: haveList{{Epoch: "e1", Seq: 7}}})
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, body := range [][]byte{raw, c.enc.EncodeAll(raw, nil)} {
			r, err := c.DecodeRecall(body)
			if err != nil {
				require.NotEmpty(t, code(err))
				continue
			}
			_, err = c.EncodeRecall(r)
			require.NoError(t, err)
		}
	})
}

func FuzzDecodeSample(f *testing.F) {
	body, err := (&Sample{Node: "n", Lanes: []LaneQueue{{Lane: edge.LaneSale, Waiting: 3}}}).Encode()
	require.NoError(f, err)
	f.Add(body)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSample(b)
		require.True(t, err != nil && code(err) != "" || err == nil && s.check() == nil)
	})
}

func FuzzDecodeMessages(f *testing.F) {
	f.Add(EncodeMessages([]Message{{Topic: "v1/00/a/up/sale", Payload: []byte("x")}, {}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := DecodeMessages(b)
		if err != nil {
			require.NotEmpty(t, code(err))
			return
		}
		require.Equal(t, string(b), string(EncodeMessages(list)))
	})
}
