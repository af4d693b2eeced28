package edge_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// FuzzCart takes carts as they come from anybody: what Check lets pass can be
// merged, priced and written, in any order, and merging loses nothing.
func FuzzCart(f *testing.F) {
	gateway, phone := edge.NewCart(edge.CartID{1}, noon), edge.NewCart(edge.CartID{1}, noon)
	for c, w := range map[*edge.Cart]edge.Writer{gateway: "ga", phone: "p1"} {
		line, err := c.Add(w, "LIP-01", 3)
		require.NoError(f, err)
		require.NoError(f, c.SetQuantity(w, line, 1))
		_, err = c.Add(w, "GLS-02", 1)
		require.NoError(f, err)
		require.NoError(f, c.SetField(w, noon, line, edge.Note, "wrap it"))
	}
	sold := edge.NewCart(edge.CartID{1}, noon)
	require.NoError(f, sold.Merge(gateway))
	sold.Closed = &edge.Closing{Sale: "s", Receipt: "T1-1-000001", At: noon}
	for _, c := range []*edge.Cart{gateway, phone, sold} {
		require.NoError(f, c.Check())
		for _, d := range []*edge.Cart{gateway, phone, sold} {
			one, err := json.Marshal(c)
			require.NoError(f, err)
			two, err := json.Marshal(d)
			require.NoError(f, err)
			f.Add(one, two)
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		read := func(b []byte) *edge.Cart {
			var c edge.Cart
			if json.Unmarshal(b, &c) != nil || c.Check() != nil {
				return nil
			}
			return &c
		}
		if read(first) == nil || read(second) == nil {
			return
		}
		ab, ba := read(first), read(second)
		err := ab.Merge(read(second))
		require.Equal(t, err == nil, ba.Merge(read(first)) == nil, "both may, or none")
		if err != nil {
			require.Contains(t, []edge.Kind{edge.Invalid, edge.Conflict, edge.TooLarge}, edge.KindOf(err))
			return
		}
		written := func(c *edge.Cart) string {
			b, err := json.Marshal(c)
			require.NoError(t, err)
			return string(b)
		}
		require.Equal(t, written(ab), written(ba), "in either order")
		once := written(ab)
		require.NoError(t, ab.Merge(read(second)))
		require.NoError(t, ab.Merge(read(first)))
		require.Equal(t, once, written(ab), "and again")
		for i := range ab.Lines {
			n := ab.Lines[i].Quantity()
			require.True(t, n >= 0 && n <= math.MaxUint32*64, "%d pieces", n)
		}
	})
}

// FuzzTaxCode: a code that passes is short, plain, and no person's number.
func FuzzTaxCode(f *testing.F) {
	for _, s := range []string{"", "0100109106", "0100109106-001", "012345678901", "0100109107", "DE123456789", "\x00", "０１００１０９１０６"} {
		f.Add(s, "VND")
		f.Add(s, "EUR")
	}
	f.Fuzz(func(t *testing.T, code, currency string) {
		err := edge.TaxCode(code).Check(currency)
		if err != nil {
			require.Equal(t, edge.Invalid, edge.KindOf(err))
			return
		}
		require.LessOrEqual(t, len(code), 20)
		require.NotContains(t, code, " ")
		for _, c := range code {
			require.Less(t, c, rune(128))
		}
		if currency == "VND" && code != "" {
			require.Contains(t, []int{10, 14}, len(code))
		}
	})
}

// FuzzEvent: an event means the same after every journey through JSON, and no
// two events have one hash.
func FuzzEvent(f *testing.F) {
	f.Add("n", "e", "i", "t", "s", uint64(1), int64(1), int64(1), []byte(`{"a":1}`))
	f.Add("", "nn", "", "\x00", "", uint64(math.MaxUint64), int64(-1), int64(math.MinInt64), []byte(`"<>"`))
	f.Fuzz(func(t *testing.T, node, epoch, id, typ, subject string, seq uint64, at, mono int64, data []byte) {
		e := edge.Event{Node: node, Epoch: epoch, Lane: edge.LaneSale, Seq: seq, ID: id, Type: typ, Time: at, Mono: mono, Subject: subject, Data: data}
		h := e.Hash(edge.Hash{})
		for _, other := range []func(*edge.Event){
			func(o *edge.Event) { o.Node, o.Epoch = node+epoch, "" },
			func(o *edge.Event) { o.Type, o.Subject = typ+subject, "" },
			func(o *edge.Event) { o.Seq++ },
			func(o *edge.Event) { o.Time, o.Mono = mono, at },
			func(o *edge.Event) { o.Data = append([]byte(nil), append(data, 0)...) },
		} {
			o := e
			other(&o)
			if o.Node == e.Node && o.Epoch == e.Epoch && o.Type == e.Type && o.Subject == e.Subject && o.Seq == e.Seq &&
				o.Time == e.Time && o.Mono == e.Mono && string(o.Data) == string(e.Data) {
				continue
			}
			require.NotEqual(t, h, o.Hash(edge.Hash{}))
		}
		b, err := json.Marshal(&e)
		if err != nil {
			return // the data is no JSON
		}
		var back edge.Event
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, seq, back.Seq)
		require.Equal(t, at, back.Time)
	})
}

// A cart of an attacker's is refused before it costs anything.
func TestCartsThatAreTooMuch(t *testing.T) {
	many := func(n int, part func(i int) string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(part(i))
		}
		return b.String()
	}
	for name, lines := range map[string]string{
		"lines":         many(401, func(i int) string { return `{"id":"a-` + number(i+1) + `","sku":"A"}` }),
		"writers":       `{"id":"a-1","sku":"A","counts":{` + many(65, func(i int) string { return `"w` + number(i) + `":{"added":1}` }) + `}}`,
		"a line twice":  many(2, func(int) string { return `{"id":"a-1","sku":"A"}` }),
		"a huge number": `{"id":"a-4294967295","sku":"A"}`,
		"a long SKU":    `{"id":"a-1","sku":"` + strings.Repeat("A", 65) + `"}`,
		"a huge count":  `{"id":"a-1","sku":"A","counts":{"a":{"added":4294967295}}}`,
	} {
		read := func(lines string) error {
			var c edge.Cart
			text := `{"id":"AAAAAAAAAAAAAAAA","claim":{"n":0,"holder":"shop","until":"2026-11-21T08:00:00Z"},"lines":[` + lines + `]}`
			require.NoError(t, json.Unmarshal([]byte(text), &c), name)
			return c.Check()
		}
		require.NoError(t, read(`{"id":"a-1","sku":"A","counts":{"a":{"added":1}}}`))
		require.Error(t, read(lines), name)
	}
}

func number(i int) string {
	b, _ := json.Marshal(i)
	return string(b)
}
