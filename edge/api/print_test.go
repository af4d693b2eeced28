package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// printer stands in for the desk.
type printer struct {
	mu     sync.Mutex
	jobs   []edge.PrintJob
	status edge.PrinterStatus
	wakes  int
	kicks  int
	jammed error // why the drawer does not open
}

func (p *printer) Print(_ context.Context, j edge.PrintJob) (*edge.PrintJob, error) {
	if err := j.Check(); err != nil {
		return nil, err
	}
	j.ID, j.State = "j1", edge.PrintQueued
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, j)
	return &j, nil
}

func (p *printer) Decide(_ context.Context, id string, d edge.PrintDecision, staff string) (*edge.PrintJob, error) {
	if id != "j1" {
		return nil, edge.Errorf("printer", edge.NotFound, "no job %s", id)
	}
	return &edge.PrintJob{ID: id, State: edge.PrintPrinted, Reason: edge.PrintReason(d), Staff: staff}, nil
}

func (p *printer) Jobs(context.Context, int) ([]edge.PrintJob, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]edge.PrintJob{}, p.jobs...), nil
}

func (p *printer) Status(context.Context) (edge.PrinterStatus, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, nil
}

func (p *printer) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakes++
}

func (p *printer) Kick(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kicks++
	return p.jammed
}

type jobView struct{ Job edge.PrintJob }

func TestPrinting(t *testing.T) {
	p := &printer{status: edge.PrinterStatus{State: edge.PrinterPaperOut, Waiting: 2, Asks: 1}}
	s := memoryShop(t, func(c *api.Config) { c.Printing = p })
	const print = `{"kind": "receipt", "id": "0192", "lang": "zh"}`
	requireError(t, s.do("POST", "/api/v1/staff/print", print), 401, edge.Unauthorized, "sign in")
	requireError(t, s.do("GET", "/api/v1/staff/print/jobs", ""), 401, edge.Unauthorized, "sign in")
	requireError(t, s.do("POST", "/api/v1/staff/print/jobs/j1", `{"decision": "again"}`), 401, edge.Unauthorized, "sign in")
	s.signIn(t)
	requireError(t, s.do("POST", "/api/v1/staff/print", print, header{"X-CSRF": "-"}), 403, edge.Forbidden, "")

	j := decode[jobView](t, s.do("POST", "/api/v1/staff/print", print), 202).Job
	require.Equal(t, edge.PrintJob{ID: "j1", Kind: edge.PrintReceipt, Ref: "0192", Lang: "zh", Staff: "Lan", State: edge.PrintQueued}, j)
	requireError(t, s.do("POST", "/api/v1/staff/print", `{"kind": "poem", "id": "x"}`), 400, edge.Invalid, "poem")
	list := decode[struct{ Jobs []edge.PrintJob }](t, s.do("GET", "/api/v1/staff/print/jobs?limit=5", ""), 200)
	require.Equal(t, []edge.PrintJob{j}, list.Jobs)
	done := decode[jobView](t, s.do("POST", "/api/v1/staff/print/jobs/j1", `{"decision": "printed"}`), 200).Job
	require.Equal(t, "Lan", done.Staff)
	requireError(t, s.do("POST", "/api/v1/staff/print/jobs/j2", `{"decision": "printed"}`), 404, edge.NotFound, "j2")

	st := decode[struct{ Printer *edge.PrinterStatus }](t, s.do("GET", "/api/v1/status", ""), 200)
	require.Equal(t, &p.status, st.Printer)
	s.sell(t, "key-00001", 1)
	require.Equal(t, 1, p.wakes, "its ticket is printed now")
}

func TestShoppersPrintTheirSlip(t *testing.T) {
	p := &printer{}
	s := memoryShop(t, func(c *api.Config) { c.Printing = p })
	c := s.fill(t, edgetest.Lipstick, 1)
	for range 5 {
		j := decode[jobView](t, s.do("POST", "/api/v1/carts/"+c.ID+"/print", `{"lang": "en"}`), 202).Job
		require.Equal(t, edge.PrintCart, j.Kind)
		require.Equal(t, c.ID, j.Ref)
		require.Empty(t, j.Staff)
	}
	requireError(t, s.do("POST", "/api/v1/carts/"+c.ID+"/print", `{"lang": "en"}`), 429, edge.TooMany, "printer")
	s.Advance(time.Minute)
	decode[jobView](t, s.do("POST", "/api/v1/carts/"+c.ID+"/print", `{}`), 202)
}

func TestAShopWithoutAPrinter(t *testing.T) {
	s := memoryShop(t)
	st := decode[map[string]any](t, s.do("GET", "/api/v1/status", ""), 200)
	require.Contains(t, st, "printer")
	require.Nil(t, st["printer"])
	c := s.fill(t, edgetest.Lipstick, 1)
	requireError(t, s.do("POST", "/api/v1/carts/"+c.ID+"/print", `{}`), 503, edge.Unavailable, "no ticket printer")
	s.signIn(t)
	requireError(t, s.do("POST", "/api/v1/staff/print", `{"kind": "test"}`), 503, edge.Unavailable, "no ticket printer")
	requireError(t, s.do("POST", "/api/v1/staff/print/jobs/x", `{"decision": "drop"}`), 503, edge.Unavailable, "no ticket printer")
	require.Empty(t, decode[struct{ Jobs []edge.PrintJob }](t, s.do("GET", "/api/v1/staff/print/jobs", ""), 200).Jobs)
}
