package edge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

// replicas is one cart held in several places, each with writers of its own:
// states travel between them late, out of order, twice or not at all.
type replicas struct {
	carts   []*edge.Cart
	writers [][]edge.Writer
	clocks  []time.Duration // how far each is off
	onWay   []string        // states that were sent
	now     time.Time
}

func newReplicas(t *rapid.T) *replicas {
	r := &replicas{now: noon}
	for i := range rapid.IntRange(2, 4).Draw(t, "replicas") {
		r.carts = append(r.carts, edge.NewCart(edge.CartID{1}, noon.Add(12*time.Hour)))
		var names []edge.Writer
		for j := range rapid.IntRange(1, 3).Draw(t, "writers") {
			names = append(names, edge.Writer(fmt.Sprintf("w%d%d", i, j)))
		}
		r.writers = append(r.writers, names)
		r.clocks = append(r.clocks, time.Duration(rapid.IntRange(-72, 72).Draw(t, "hours off"))*time.Hour)
	}
	return r
}

// edit lets one writer do one thing to its own replica, or be refused, and
// checks that it touched nobody else's part.
func (r *replicas) edit(t *rapid.T) {
	i := rapid.IntRange(0, len(r.carts)-1).Draw(t, "at")
	c, w := r.carts[i], rapid.SampledFrom(r.writers[i]).Draw(t, "writer")
	before := copyOf(t, c)
	var line edge.LineID
	if len(c.Lines) > 0 {
		line = c.Lines[rapid.IntRange(0, len(c.Lines)-1).Draw(t, "line")].ID
	}
	clock := r.now.Add(r.clocks[i])
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 5:
		if i == 0 {
			require.NoError(t, c.WithdrawLinks())
			require.Equal(t, edge.Withdrawn, edge.KindOf(c.Admits(before.Links)))
			require.NoError(t, c.Admits(c.Links))
		}
	case 0:
		sku := rapid.SampledFrom([]edge.SKU{"A", "B", "C"}).Draw(t, "sku")
		_, _ = c.Add(w, sku, rapid.IntRange(1, 9).Draw(t, "pieces"))
	case 1, 2:
		_ = c.SetQuantity(w, line, rapid.IntRange(0, 9).Draw(t, "quantity"))
	case 3:
		if rapid.Bool().Draw(t, "of the cart") {
			line = edge.LineID{}
		}
		name := rapid.SampledFrom([]edge.FieldName{edge.Note, "gift_wrap"}).Draw(t, "field")
		_ = c.SetField(w, clock, line, name, rapid.SampledFrom([]string{"", "red", "blue", "đỏ"}).Draw(t, "text"))
	default:
		until := clock.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
		if i == 0 {
			_ = c.ToPhone(clock, until)
		} else {
			_ = c.Give(rapid.SampledFrom([]edge.Holder{edge.HeldByShop, edge.HeldByPhone}).Draw(t, "to"), clock, clock, until)
		}
	}
	onlyBy(t, w, before, c)
}

// onlyBy checks that nothing but w's own part grew, and that nothing shrank.
func onlyBy(t *rapid.T, w edge.Writer, before, after *edge.Cart) {
	for i := range after.Lines {
		l := &after.Lines[i]
		old, known := before.Line(l.ID)
		if !known {
			old = &edge.Line{ID: l.ID, SKU: l.SKU}
			require.Equal(t, w, l.ID.Writer, "a line of its own")
		}
		require.Equal(t, old.SKU, l.SKU)
		require.True(t, !old.Gone || l.Gone)
		require.True(t, old.Gone == l.Gone || l.ID.Writer == w, "%s removed %s", w, l.ID)
		for v, n := range l.Counts {
			o := old.Counts[v]
			require.True(t, v == w || n == o, "%s changed the counter of %s", w, v)
			require.True(t, n.Added >= o.Added && n.Removed >= o.Removed)
		}
		for name, f := range l.Fields {
			require.True(t, f == old.Fields[name] || f.Stamp.By == w)
		}
	}
	require.GreaterOrEqual(t, len(after.Lines), len(before.Lines), "numbers stay taken")
	require.GreaterOrEqual(t, after.Links, before.Links, "what was withdrawn stays withdrawn")
	require.GreaterOrEqual(t, after.Changes(), before.Changes(), "what was done is undone")
}

func (r *replicas) hear(t *rapid.T, i int, state string) {
	var c edge.Cart
	require.NoError(t, json.Unmarshal([]byte(state), &c))
	require.NoError(t, c.Check())
	for j := range c.Lines {
		if l, known := r.carts[i].Line(c.Lines[j].ID); known {
			require.Equal(t, l.SKU, c.Lines[j].SKU, "line %s was numbered twice", l.ID)
		}
	}
	before := r.carts[i].Changes()
	require.NoError(t, r.carts[i].Merge(&c))
	require.GreaterOrEqual(t, r.carts[i].Changes(), max(before, c.Changes()), "less was done than was heard of")
}

func (r *replicas) check(t *rapid.T) {
	for _, c := range r.carts {
		require.NoError(t, c.Check())
		for i := range c.Lines {
			if n := c.Lines[i].Quantity(); n < 0 {
				require.Fail(t, "below zero", "%s: %d", c.Lines[i].ID, n)
			}
		}
	}
}

// Any operations of any writers over any replicas, with states that come in any
// order, again, or split over others, end in one state as soon as everybody has
// heard everybody.
func TestReplicasConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newReplicas(t)
		t.Repeat(map[string]func(*rapid.T){
			"edit": r.edit,
			"wait": func(t *rapid.T) {
				r.now = r.now.Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second)
			},
			"send": func(t *rapid.T) {
				r.onWay = append(r.onWay, canon(t, rapid.SampledFrom(r.carts).Draw(t, "from")))
			},
			"hear": func(t *rapid.T) {
				if len(r.onWay) > 0 {
					r.hear(t, rapid.IntRange(0, len(r.carts)-1).Draw(t, "to"), rapid.SampledFrom(r.onWay).Draw(t, "state"))
				}
			},
			"": r.check,
		})
		for _, c := range r.carts {
			r.onWay = append(r.onWay, canon(t, c))
		}
		var end string
		for i := range r.carts {
			order := rapid.Permutation(r.onWay).Draw(t, "order")
			for _, state := range slices.Concat(order, order[:len(order)/2]) {
				r.hear(t, i, state)
			}
			if i == 0 {
				end = canon(t, r.carts[0])
			}
			require.Equal(t, end, canon(t, r.carts[i]), "replica %d", i)
			require.Equal(t, end, canon(t, copyOf(t, r.carts[i])), "through JSON")
		}
		r.check(t)
	})
}

// Who has read a text and writes another has the last word, whatever the clocks
// of those before say, and no clock drags the others further than ten minutes.
func TestNoClockFreezesAField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cartOf2(t)
		now := noon
		for i := range rapid.IntRange(1, 20).Draw(t, "edits") {
			w := rapid.SampledFrom(writers).Draw(t, "writer")
			off := time.Duration(rapid.Int64Range(-1e5, 1e5).Draw(t, "hours off")) * time.Hour
			text := fmt.Sprint("text ", i)
			before := copyOf(t, c)
			require.NoError(t, c.SetField(w, now.Add(off), edge.LineID{}, edge.Note, text))
			require.Equal(t, text, merged(t, before, c).Fields[edge.Note].Text)
			require.Equal(t, text, merged(t, c, before).Fields[edge.Note].Text)
			stamp := c.Fields[edge.Note].Stamp
			require.LessOrEqual(t, stamp.At, max(now.Add(off).UnixMilli(), 0)+600_000)
			now = now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond)
		}
		require.NoError(t, c.Check())
	})
}

func cartOf2(t require.TestingT) *edge.Cart {
	c := edge.NewCart(edge.CartID{1}, noon.Add(time.Hour))
	_, err := c.Add("gshop", "A", 2)
	require.NoError(t, err)
	return c
}

// Of texts written apart, with clocks that are right, the one written last stands.
func TestTheLastTextStands(t *testing.T) {
	first, second := cartOf2(t), cartOf2(t)
	id := first.Lines[0].ID
	require.NoError(t, first.SetField("phone1", noon, id, edge.Note, "early"))
	require.NoError(t, second.SetField("gshop", noon.Add(time.Second), id, edge.Note, "late"))
	m := merged(t, first, second)
	require.Equal(t, "late", m.Lines[0].Fields[edge.Note].Text)
	require.NoError(t, m.SetField("phone1", noon, id, edge.Note, ""))
	require.Empty(t, merged(t, second, m).Lines[0].Fields[edge.Note].Text, "taken back")
	same := canon(t, m)
	require.NoError(t, m.SetField("phone1", noon.Add(time.Hour), id, edge.Note, ""))
	require.Equal(t, same, canon(t, m), "the same again is no change")
}

func TestFieldsAreRefused(t *testing.T) {
	full := cartOf2(t)
	for i := range edge.MaxFields {
		require.NoError(t, full.SetField("w", noon, edge.LineID{}, edge.FieldName(fmt.Sprint("f", i)), "x"))
	}
	gone := cartOf2(t)
	id := gone.Lines[0].ID
	require.NoError(t, gone.SetQuantity("gshop", id, 0))
	closed := cartOf2(t)
	closed.Closed = &edge.Closing{Sale: "s", Receipt: "T1-1-000007", At: noon}
	for name, tc := range map[string]struct {
		cart *edge.Cart
		line edge.LineID
		name edge.FieldName
		text string
		kind edge.Kind
		says string
	}{
		"name":      {cartOf2(t), id, "Gift!", "x", edge.Invalid, "a letter first"},
		"no name":   {cartOf2(t), id, "", "x", edge.Invalid, "a letter first"},
		"long":      {cartOf2(t), id, edge.Note, strings.Repeat("x", 201), edge.Invalid, "200 bytes"},
		"control":   {cartOf2(t), id, edge.Note, "\x1b[2J", edge.Invalid, "plain text"},
		"not UTF-8": {cartOf2(t), id, edge.Note, "\xff", edge.Invalid, "plain text"},
		"card":      {cartOf2(t), id, edge.Note, "4111 1111 1111 1111", edge.Invalid, "16 digits"},
		"no line":   {cartOf2(t), edge.LineID{Writer: "x", N: 1}, edge.Note, "x", edge.NotFound, "x-1"},
		"gone":      {gone, id, edge.Note, "x", edge.NotFound, "gshop-1"},
		"paid":      {closed, id, edge.Note, "x", edge.Conflict, "T1-1-000007"},
		"full":      {full, id, edge.Note, "x", edge.TooLarge, "64 notes"},
	} {
		t.Run(name, func(t *testing.T) {
			before := canon(t, tc.cart)
			err := tc.cart.SetField("w", noon, tc.line, tc.name, tc.text)
			require.Equal(t, tc.kind, edge.KindOf(err), "%v", err)
			require.ErrorContains(t, err, tc.says)
			require.Equal(t, before, canon(t, tc.cart))
		})
	}
	require.NoError(t, full.SetField("w", noon, edge.LineID{}, "f1", "y"), "what is there can change")
}

// Hostile states: whatever Check lets pass merges like an honest cart.
func TestHostileStates(t *testing.T) {
	wild := func(values ...uint32) *rapid.Generator[uint32] {
		return rapid.OneOf(rapid.SampledFrom(append(values, 0, 1, 1<<20, 1<<20+1, math.MaxUint32)), rapid.Uint32())
	}
	times := rapid.SampledFrom([]time.Time{{}, noon, noon.In(time.FixedZone("", 25200)), time.Unix(32503680001, 0).UTC(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)})
	texts := rapid.SampledFrom([]string{"", "s1", "\x00", "\xff", strings.Repeat("x", 65), strings.Repeat("é", 101)})
	names := rapid.SampledFrom([]edge.Writer{"gshop", "", "W!", "phone1", "abcdefghijklmnopq"})
	field := rapid.Custom(func(t *rapid.T) edge.Field {
		return edge.Field{Text: texts.Draw(t, "text"), Stamp: edge.Stamp{Turn: wild().Draw(t, "turn"), At: rapid.Int64().Draw(t, "stamp"), By: names.Draw(t, "by")}}
	})
	fields := rapid.MapOfN(rapid.SampledFrom([]edge.FieldName{edge.Note, "", "Bad"}), field, 0, 2)
	refused, passed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := anyCart(t)
		for range rapid.IntRange(1, 2).Draw(t, "spoilt") {
			switch rapid.IntRange(0, 8).Draw(t, "what") {
			case 8:
				c.Links = wild(100, 101).Draw(t, "links")
			case 0:
				c.Claim.N = wild().Draw(t, "claim")
			case 1:
				c.Claim.Until = times.Draw(t, "until")
			case 2:
				c.Closed = &edge.Closing{Sale: texts.Draw(t, "sale"), Receipt: texts.Draw(t, "receipt"), At: times.Draw(t, "at")}
			case 3:
				c.Fields = fields.Draw(t, "fields")
			case 4:
				at := times.Draw(t, "opened")
				c.Opened = &at
			default:
				if len(c.Lines) == 0 {
					continue
				}
				l := &c.Lines[rapid.IntRange(0, len(c.Lines)-1).Draw(t, "line")]
				l.ID.N = wild(l.ID.N).Draw(t, "n")
				l.ID.Writer = rapid.OneOf(rapid.Just(l.ID.Writer), names).Draw(t, "writer")
				l.SKU = edge.SKU(texts.Draw(t, "sku"))
				l.Fields = fields.Draw(t, "line's fields")
				l.Counts = map[edge.Writer]edge.Count{names.Draw(t, "counter"): {Added: wild().Draw(t, "added"), Removed: wild().Draw(t, "removed")}}
			}
		}
		if err := c.Check(); err != nil {
			require.Contains(t, []edge.Kind{edge.Invalid, edge.TooLarge}, edge.KindOf(err))
			refused++
			return
		}
		passed++
		honest := anyCart(t)
		a, b := merged(t, honest, c), merged(t, c, honest)
		require.Equal(t, canon(t, a), canon(t, b))
		require.Equal(t, canon(t, a), canon(t, merged(t, a, c, honest, a)))
		require.NoError(t, a.Check())
		for i := range a.Lines {
			require.GreaterOrEqual(t, a.Lines[i].Quantity(), 0)
		}
		for i := range honest.Lines {
			l := &honest.Lines[i]
			m, ok := a.Line(l.ID)
			require.True(t, ok, "no line is lost")
			for w, n := range l.Counts {
				require.True(t, m.Counts[w].Added >= n.Added && m.Counts[w].Removed >= n.Removed, "no counter goes back")
			}
		}
		require.GreaterOrEqual(t, len(a.Lines), len(honest.Lines))
	})
	require.Positive(t, refused)
	require.Positive(t, passed)
}

// Carts as the first version wrote them open and merge.
func TestCartsOfTheFirstVersion(t *testing.T) {
	const old = `{"id":"AQAAAAAAAAAAAAAA","lines":[{"id":"gshop-1","sku":"A","counts":{"gshop":{"added":2},"phone1":{"added":1,"removed":1}}},{"id":"gshop-2","gone":true}],` +
		`"claim":{"n":0,"holder":"shop","until":"2026-11-21T12:00:00Z"},"closed":{"sale":"0193a4c2","receipt":"T1-1-000007","at":"2026-11-21T12:00:00.25Z"},"opened":"2026-11-21T11:00:00Z"}`
	var c edge.Cart
	require.NoError(t, json.Unmarshal([]byte(old), &c))
	require.NoError(t, c.Check())
	require.Equal(t, old, canon(t, &c), "not a byte differs while nothing new is in it")
	m := merged(t, cartOf2(t), &c)
	require.Equal(t, 2, m.Lines[0].Quantity())
}
