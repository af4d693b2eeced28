package api_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

type shiftView struct {
	Shift *struct {
		Number   uint32
		Records  []edge.CashRecord
		Counted  *edge.CashRecord
		Expected *int64
		Totals   []edge.ZTotal
	}
	Tolerance int64
}

// A shift from its float to its close: whoever counts does not see what should be
// there.
func TestShift(t *testing.T) {
	hash, err := api.HashPIN("1357")
	require.NoError(t, err)
	p := &printer{}
	s := memoryShop(t, func(c *api.Config) {
		c.Staff = append(c.Staff, api.Staff{Name: "Hoa", Role: "clerk", PIN: hash})
		c.Printing, c.CashTolerance = p, 2000
	})
	requireError(t, s.do("GET", "/api/v1/staff/cash", ""), 401, edge.Unauthorized, "sign in")
	r := s.do("POST", "/api/v1/staff/session", `{"pin":"1357"}`)
	s.csrf, s.cook = decode[struct{ CSRF string }](t, r, 200).CSRF, r.Cookies()
	look := func() shiftView { return decode[shiftView](t, s.do("GET", "/api/v1/staff/cash", ""), 200) }
	post := func(key, body string) *http.Response {
		return s.do("POST", "/api/v1/staff/cash", body, header{"Idempotency-Key": "key-cash-" + key})
	}
	type answer struct {
		Record edge.CashRecord
		Opened bool
	}

	require.Nil(t, look().Shift)
	require.EqualValues(t, 2000, look().Tolerance)
	requireError(t, s.do("POST", "/api/v1/staff/cash", `{"kind":"float"}`), 400, edge.Invalid, "Idempotency-Key")
	float := decode[answer](t, post("1", `{"kind":"float","notes":[{"value":100000,"count":3}]}`), 201)
	require.Equal(t, "Hoa", float.Record.Staff)
	require.False(t, float.Opened)
	edgetest.Sell(t, s, edgetest.Cream) // 320.000 in cash
	require.True(t, decode[answer](t, post("2", `{"kind":"drop","amount":200000}`), 201).Opened)
	require.Equal(t, 1, p.kicks)
	again := post("2", `{"kind":"drop","amount":200000}`)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replay"))
	require.False(t, decode[answer](t, again, 200).Opened)
	require.Equal(t, 1, p.kicks, "the drawer opens once")
	p.jammed = errors.New("the printer is gone")
	require.False(t, decode[answer](t, post("3", `{"kind":"drawer","reason":"change for a note"}`), 201).Opened, "it is recorded all the same")

	shift := look().Shift
	require.Len(t, shift.Records, 3)
	require.Nil(t, shift.Expected, "the count is blind")
	require.Nil(t, shift.Totals)
	counted := decode[answer](t, post("4", `{"kind":"count","notes":[{"value":100000,"count":4}]}`), 201)
	require.EqualValues(t, -20000, counted.Record.Difference())
	shift = look().Shift
	require.EqualValues(t, 420000, *shift.Expected)
	require.EqualValues(t, 320000, shift.Totals[0].Sales.Amount)
	requireError(t, post("5", `{"kind":"close"}`), 400, edge.Invalid, "say why")
	require.Equal(t, edge.CashClose, decode[answer](t, post("6", `{"kind":"close","reason":"wrong change given"}`), 201).Record.Kind)
	require.Nil(t, look().Shift)
	records := decode[struct{ Records []edge.CashRecord }](t, s.do("GET", "/api/v1/staff/cash/records?limit=2", ""), 200).Records
	require.Equal(t, []edge.CashKind{edge.CashClose, edge.CashCount}, []edge.CashKind{records[0].Kind, records[1].Kind})

	decode[answer](t, post("7", `{"kind":"float","notes":[]}`), 201)
	s.signIn(t)
	require.NotNil(t, look().Shift.Expected, "a manager may look at any time")
}
