package edge_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	writers = []edge.Writer{"gshop", "phone1", "phone2"}
)

func canon(t require.TestingT, c *edge.Cart) string {
	b, err := json.Marshal(c)
	require.NoError(t, err)
	return string(b)
}

func copyOf(t require.TestingT, c *edge.Cart) *edge.Cart {
	var d edge.Cart
	require.NoError(t, json.Unmarshal([]byte(canon(t, c)), &d))
	return &d
}

func merged(t require.TestingT, a *edge.Cart, others ...*edge.Cart) *edge.Cart {
	m := copyOf(t, a)
	for _, o := range others {
		require.NoError(t, m.Merge(copyOf(t, o)))
	}
	return m
}

var anyFields = rapid.MapOfN(rapid.SampledFrom([]edge.FieldName{edge.Note, "size"}), rapid.Custom(func(t *rapid.T) edge.Field {
	return edge.Field{Text: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "text"), Stamp: edge.Stamp{
		Turn: rapid.Uint32Range(0, 1).Draw(t, "turn"), At: rapid.Int64Range(1, 3).Draw(t, "stamp"), By: rapid.SampledFrom(writers).Draw(t, "by"),
	}}
}), 0, 2)

// anyCart draws a cart as some party may hold it: any counters, lines that are
// known or known to be gone only, any claim and closing.
func anyCart(t *rapid.T) *edge.Cart {
	c := edge.NewCart(edge.CartID{1}, noon)
	for _, w := range writers {
		for n := uint32(1); n <= 3; n++ {
			l := edge.Line{ID: edge.LineID{Writer: w, N: n}}
			switch rapid.IntRange(0, 3).Draw(t, "line") {
			case 0:
				continue
			case 1:
				l.Gone = true
			default:
				l.SKU = edge.SKU(fmt.Sprintf("SKU-%s-%d", w, n))
				l.Gone = rapid.Bool().Draw(t, "gone")
				l.Counts = rapid.MapOf(rapid.SampledFrom(writers), rapid.Custom(func(t *rapid.T) edge.Count {
					return edge.Count{Added: rapid.Uint32Range(0, 5).Draw(t, "added"), Removed: rapid.Uint32Range(0, 5).Draw(t, "removed")}
				})).Draw(t, "counts")
			}
			c.Lines = append(c.Lines, l)
		}
	}
	c.Claim = edge.Claim{
		N:      rapid.Uint32Range(0, 2).Draw(t, "claim"),
		Holder: rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone}).Draw(t, "holder"),
		Until:  noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "until")) * time.Hour),
	}
	if n := rapid.IntRange(0, 3).Draw(t, "closing"); n > 0 {
		c.Closed = &edge.Closing{Sale: fmt.Sprint("sale", n), Receipt: fmt.Sprint("T1-1-", n), At: noon.Add(time.Duration(n/2) * time.Hour)}
	}
	c.Links = rapid.Uint32Range(0, 2).Draw(t, "links")
	c.Fields = anyFields.Draw(t, "fields")
	for i := range c.Lines {
		c.Lines[i].Fields = anyFields.Draw(t, "line's fields")
	}
	if n := rapid.IntRange(0, 3).Draw(t, "opened"); n > 0 {
		at := noon.Add(time.Duration(n) * time.Second)
		c.Opened = &at
	}
	return c
}

func TestMergeIsCommutativeAssociativeIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyCart(t), anyCart(t), anyCart(t)
		require.NoError(t, a.Check())
		require.Equal(t, canon(t, merged(t, a, b)), canon(t, merged(t, b, a)))
		require.Equal(t, canon(t, merged(t, merged(t, a, b), c)), canon(t, merged(t, a, merged(t, b, c))))
		require.Equal(t, canon(t, a), canon(t, merged(t, a, a)))
		require.Equal(t, canon(t, merged(t, a, b)), canon(t, merged(t, a, b, b, a)))
		require.NoError(t, merged(t, a, b, c).Check())
	})
}

// printed is what remains of a cart in a code that a gateway prints: its own
// lines that are gone, and that nobody else touched, are known by number only,
// and nothing of whether a phone has opened it.
func printed(t require.TestingT, c *edge.Cart, own edge.Writer) *edge.Cart {
	p := copyOf(t, c)
	p.Opened = nil
	for i := range p.Lines {
		if l := &p.Lines[i]; l.Gone && l.ID.Writer == own && len(l.Counts) == 1 {
			*l = edge.Line{ID: l.ID, Gone: true}
		}
	}
	return p
}

// Three parties edit their copies, hand them around in any order, some of
// them printed; once everybody has heard everything, all hold one cart.
func TestCopiesConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		carts := map[edge.Writer]*edge.Cart{}
		for _, w := range writers {
			carts[w] = edge.NewCart(edge.CartID{1}, noon)
		}
		party := rapid.SampledFrom(writers)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				w := party.Draw(t, "writer")
				sku := rapid.SampledFrom([]edge.SKU{"A", "B", "C"}).Draw(t, "sku")
				before, n := pieces(carts[w]), rapid.IntRange(1, 9).Draw(t, "n")
				_, err := carts[w].Add(w, sku, n)
				if edge.KindOf(err) == edge.Invalid {
					t.Skip("more than 99 of one thing")
				}
				require.NoError(t, err)
				require.Equal(t, before+n, pieces(carts[w]))
			},
			"set": func(t *rapid.T) {
				w := party.Draw(t, "writer")
				c := carts[w]
				if len(c.Lines) == 0 {
					t.Skip("no line")
				}
				l := c.Lines[rapid.IntRange(0, len(c.Lines)-1).Draw(t, "line")]
				n := rapid.IntRange(0, 9).Draw(t, "n")
				before := canon(t, c)
				if err := c.SetQuantity(w, l.ID, n); err != nil {
					require.Equal(t, edge.Conflict, edge.KindOf(err))
					require.True(t, l.Gone)
					require.Equal(t, before, canon(t, c), "a refusal changes nothing")
					return
				}
				got, ok := c.Line(l.ID)
				require.True(t, ok)
				require.Equal(t, n, got.Quantity(), "what was asked for")
			},
			"open": func(t *rapid.T) {
				if c := carts[party.Draw(t, "writer")]; c.Opened == nil {
					at := noon.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "at")) * time.Second)
					c.Opened = &at
				}
			},
			"hear": func(t *rapid.T) {
				to, from := party.Draw(t, "to"), party.Draw(t, "from")
				require.NoError(t, carts[to].Merge(copyOf(t, carts[from])))
			},
			"scan": func(t *rapid.T) {
				to, from := party.Draw(t, "to"), party.Draw(t, "from")
				require.NoError(t, carts[to].Merge(printed(t, carts[from], from)))
			},
			"": func(t *rapid.T) {
				for _, c := range carts {
					require.NoError(t, c.Check())
				}
			},
		})
		a := merged(t, carts[writers[0]], carts[writers[1]], carts[writers[2]])
		b := merged(t, carts[writers[2]], carts[writers[0]], carts[writers[1]])
		require.Equal(t, canon(t, a), canon(t, b))
		// A code printed at any time never counts a piece twice.
		require.Equal(t, canon(t, a), canon(t, merged(t, printed(t, a, writers[0]), a)))
		require.Equal(t, pieces(a), pieces(printed(t, a, writers[0])))
	})
}

func TestTheFirstOpeningStands(t *testing.T) {
	later := noon.Add(time.Second)
	never, first, second := cartOf(t), cartOf(t), cartOf(t)
	first.Opened, second.Opened = &noon, &later
	require.Equal(t, &noon, merged(t, never, second, first).Opened)
	require.Equal(t, &noon, merged(t, first, second, never).Opened)
	require.NotContains(t, canon(t, never), "opened")
}

func pieces(c *edge.Cart) int {
	n := 0
	for i := range c.Lines {
		n += c.Lines[i].Quantity()
	}
	return n
}

// The shop removes a line while a phone, apart, adds a piece to it: the piece
// stays, whatever others did to the line before.
func TestAddWinsOverRemove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shop := edge.NewCart(edge.CartID{1}, noon)
		id, err := shop.Add("gshop", "A", rapid.IntRange(1, 9).Draw(t, "n"))
		require.NoError(t, err)
		before := rapid.IntRange(0, 9).Draw(t, "before")
		require.NoError(t, shop.SetQuantity("phone2", id, before))
		phone := copyOf(t, shop)
		require.NoError(t, phone.SetQuantity("phone1", id, before+1))
		require.NoError(t, shop.SetQuantity("gshop", id, 0))
		require.Zero(t, pieces(shop))
		m := merged(t, shop, phone)
		require.Equal(t, 1, pieces(m))
	})
}

func TestCartRefuses(t *testing.T) {
	full := edge.NewCart(edge.CartID{1}, noon)
	for i := range edge.MaxLines {
		_, err := full.Add("w", edge.SKU(fmt.Sprint(i)), 1)
		require.NoError(t, err)
	}
	closed := edge.NewCart(edge.CartID{1}, noon)
	id, err := closed.Add("w", "A", 1)
	require.NoError(t, err)
	closed.Closed = &edge.Closing{Sale: "s", Receipt: "T1-1-000007", At: noon}
	gone := edge.NewCart(edge.CartID{1}, noon)
	_, err = gone.Add("w", "A", 1)
	require.NoError(t, err)
	require.NoError(t, gone.SetQuantity("w", id, 0))
	crowded := edge.NewCart(edge.CartID{1}, noon)
	_, err = crowded.Add("w", "A", 1)
	require.NoError(t, err)
	for i := range 15 {
		require.NoError(t, crowded.SetQuantity(edge.Writer(fmt.Sprint("p", i)), id, i+2))
	}
	add := func(c *edge.Cart, sku edge.SKU, n int) func() error {
		return func() error { _, err := c.Add("w", sku, n); return err }
	}
	set := func(c *edge.Cart, w edge.Writer, id edge.LineID, n int) func() error {
		return func() error { return c.SetQuantity(w, id, n) }
	}
	for name, tc := range map[string]struct {
		do   func() error
		kind edge.Kind
		says string
	}{
		"nothing":          {add(gone, "A", 0), edge.Invalid, "at least one"},
		"too many":         {add(gone, "B", 100), edge.Invalid, "at most 99"},
		"too many lines":   {add(full, "B", 1), edge.TooLarge, "100 lines"},
		"99 and one more":  {func() error { _, _ = full.Add("w", "5", 98); return add(full, "5", 1)() }, edge.Invalid, "0 to 99"},
		"paid, add":        {add(closed, "B", 1), edge.Conflict, "T1-1-000007"},
		"paid, set":        {set(closed, "w", id, 2), edge.Conflict, "T1-1-000007"},
		"below zero":       {set(full, "w", id, -1), edge.Invalid, "0 to 99"},
		"no such line":     {set(full, "w", edge.LineID{Writer: "x", N: 1}, 1), edge.NotFound, "x-1"},
		"gone line":        {set(gone, "w", id, 1), edge.Conflict, "add the product again"},
		"too many writers": {set(crowded, "one-more", id, 1), edge.TooMany, "16 people"},
		"another cart":     {func() error { return full.Merge(edge.NewCart(edge.CartID{2}, noon)) }, edge.Invalid, "cannot take in"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.do()
			require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

// A removed line of which only the number is known has no product to bring back.
func TestUnknownLineStaysGone(t *testing.T) {
	c := &edge.Cart{Lines: []edge.Line{{ID: edge.LineID{Writer: "w", N: 1}, Gone: true}}}
	require.Equal(t, edge.Conflict, edge.KindOf(c.SetQuantity("phone1", edge.LineID{Writer: "w", N: 1}, 1)))
}

func TestCheckRefusesStrangeCarts(t *testing.T) {
	line := func(n uint32) edge.Line {
		return edge.Line{ID: edge.LineID{Writer: "w", N: n}, SKU: "A", Counts: map[edge.Writer]edge.Count{"w": {Added: 1}}}
	}
	many := map[edge.Writer]edge.Count{}
	for i := range 65 {
		many[edge.Writer(fmt.Sprint("w", i))] = edge.Count{}
	}
	for name, spoil := range map[string]func(c *edge.Cart){
		"order":         func(c *edge.Cart) { c.Lines[0], c.Lines[1] = c.Lines[1], c.Lines[0] },
		"there twice":   func(c *edge.Cart) { c.Lines[1] = c.Lines[0] },
		"holder":        func(c *edge.Cart) { c.Claim.Holder = "thief" },
		"sku":           func(c *edge.Cart) { c.Lines[0].SKU = "" },
		"65 writers":    func(c *edge.Cart) { c.Lines[0].Counts = many },
		"out of bounds": func(c *edge.Cart) { c.Lines[0].Counts["w"] = edge.Count{Added: 1 << 30} },
		`"W!"`:          func(c *edge.Cart) { c.Lines[0].Counts["W!"] = edge.Count{} },
		"401 lines": func(c *edge.Cart) {
			for n := uint32(3); n < 402; n++ {
				c.Lines = append(c.Lines, line(n))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := edge.NewCart(edge.CartID{1}, noon)
			c.Lines = []edge.Line{line(1), line(2)}
			require.NoError(t, c.Check())
			spoil(c)
			require.ErrorContains(t, c.Check(), name)
		})
	}
}

func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id, back edge.CartID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "id"))
		require.NoError(t, back.UnmarshalText([]byte(id.String())))
		require.Equal(t, id, back)
		line := edge.LineID{Writer: edge.Writer(rapid.StringMatching(`[a-z0-9]{1,16}`).Draw(t, "w")), N: rapid.Uint32Range(1, 1<<32-1).Draw(t, "n")}
		var lineBack edge.LineID
		require.NoError(t, lineBack.UnmarshalText([]byte(line.String())))
		require.Equal(t, line, lineBack)
		require.True(t, edge.EpochWriter(rapid.String().Draw(t, "epoch")).Valid())
	})
	for _, bad := range []string{"", "AAAA", "AAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAA\n", "AAAAAAAAAAAAAA+/", "AAAAAAAAAAAAAAAAA"} {
		require.Equal(t, edge.Invalid, edge.KindOf(new(edge.CartID).UnmarshalText([]byte(bad))), bad)
	}
	for _, bad := range []string{"", "w", "w-", "-1", "w-0", "w--1", "W-1", "w-4294967296", "w-1-1", "abcdefghijklmnopq-1"} {
		require.Equal(t, edge.Invalid, edge.KindOf(new(edge.LineID).UnmarshalText([]byte(bad))), bad)
	}
	require.Equal(t, edge.Writer("ggggr8dgq"), edge.EpochWriter("0193a4c2-7b00-7000-8000-000000000001"), "a gateway keeps its name over upgrades")
}
