package edge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// The chain of two events, computed apart from this program. A change here
// breaks every ledger in the field.
func TestEventHashGolden(t *testing.T) {
	const epoch = "0193a4c2-7b00-7000-8000-000000000001"
	first := edge.Event{
		Node: "hue_01", Epoch: epoch, Lane: edge.LaneSale, Seq: 1, ID: "0193a4c2-7b00-7000-8000-000000000002",
		Type: edge.EventEpoch, Time: 1795248000000, Mono: 5, Subject: epoch, Data: json.RawMessage(`{}`),
	}
	second := edge.Event{
		Node: "hue_01", Epoch: epoch, Lane: edge.LaneSale, Seq: 2, ID: "0193a4c2-7b00-7000-8000-000000000003",
		Type: edge.EventStock, Time: 1795248001234, Mono: 1239, Subject: "LIP-01-RED",
		Data: json.RawMessage(`{"sku":"LIP-01-RED","delta":10,"reason":"goods_in","ref":"Phiếu 1","at":"2026-11-21T08:00:01Z"}`),
	}
	a := first.Hash(edge.Hash{})
	require.Equal(t, "9e917f262200074ba346c90d31660784e80d565effdaa07adc3d99e661720c18", a.String())
	require.Equal(t, "9169002b05fadd8b40dd801b31df38c4f9badab7cc10c9bbdf9cf8380d354355", second.Hash(a).String())
}

func TestEventHashCoversEverything(t *testing.T) {
	base := edge.Event{Node: "n", Epoch: "e", Lane: "sale", Seq: 1, ID: "i", Type: "t", Time: 2, Mono: 3, Subject: "s", Data: json.RawMessage(`{}`)}
	seen := map[edge.Hash]string{base.Hash(edge.Hash{}): "as it was", base.Hash(edge.Hash{1}): "another before it"}
	for name, change := range map[string]func(e *edge.Event){
		"node": func(e *edge.Event) { e.Node = "m" }, "epoch": func(e *edge.Event) { e.Epoch = "f" },
		"lane": func(e *edge.Event) { e.Lane = "ops" }, "seq": func(e *edge.Event) { e.Seq = 9 },
		"id": func(e *edge.Event) { e.ID = "j" }, "type": func(e *edge.Event) { e.Type = "u" },
		"time": func(e *edge.Event) { e.Time = 9 }, "mono": func(e *edge.Event) { e.Mono = 9 },
		"subject": func(e *edge.Event) { e.Subject = "r" }, "data": func(e *edge.Event) { e.Data = json.RawMessage(`[]`) },
		"a letter moved": func(e *edge.Event) { e.ID, e.Type = "it", "" },
	} {
		e := base
		change(&e)
		h := e.Hash(edge.Hash{})
		require.Empty(t, seen[h], name)
		seen[h] = name
	}
	require.Len(t, seen, 13)
}

func TestHashText(t *testing.T) {
	h := edge.Hash{0xab, 31: 0x01}
	b, err := json.Marshal(h)
	require.NoError(t, err)
	var back edge.Hash
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, h, back)
	for _, bad := range []string{"", "ab", h.String() + "00", "zz" + h.String()[2:], h.String()[1:]} {
		require.Error(t, back.UnmarshalText([]byte(bad)), bad)
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("outer: %w", &edge.Error{Op: "a.B", Kind: edge.Conflict, Msg: "no", Err: cause})
	require.EqualError(t, err, "outer: a.B: no: cause")
	require.ErrorIs(t, err, cause)
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.Equal(t, edge.Internal, edge.KindOf(cause))
	require.EqualError(t, edge.Errorf("", edge.Invalid, "%d", 5), "5")
}
