package ticket_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
	"github.com/mirrorcart/mirrorcart/edge/ticket"
	"github.com/mirrorcart/mirrorcart/edge/ticket/tickettest"
)

const within = 2 * time.Minute // of what is waited for

// shop is a shop with a printer.
type shop struct {
	*sqlite.DB
	clock   *edgetest.Clock
	printer *tickettest.Printer
	desk    *ticket.Desk
	changed atomic.Int64
	path    string
	sold    int
}

type link string

func (l link) LinkWithin(_ context.Context, c *edge.Cart, most int) (*edge.Link, error) {
	if len(l) > most {
		return nil, edge.Errorf("link", edge.TooLarge, "too long")
	}
	return &edge.Link{URL: string(l), Code: c.Code(), CodeAt: "cart.example.vn/k", Expires: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}, nil
}

const cartLink = "https://cart.example.vn/c/AfXxJ2k_9-QwErTyUiOpZcVbNm0123456789AfXxJ2k_9-QwErTyUiOpZcVbNm0123456789"

func newShop(t *testing.T) *shop {
	s := &shop{clock: edgetest.NewClock(), path: filepath.Join(t.TempDir(), "shop.db")}
	var addr string
	s.printer, addr = tickettest.Listen(t)
	s.open(t, &ticket.Device{Address: addr, Patience: within})
	require.NoError(t, s.PutRelease(t.Context(), edgetest.Release(1)))
	return s
}

// open opens the shop's database and sets up its desk anew.
func (s *shop) open(t *testing.T, d *ticket.Device) {
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: s.path, Node: "node", Shop: "shop", Till: "T1", Now: s.clock.Now, Tickets: true, Persons: edgetest.PersonKeys()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	log := slog.New(slog.DiscardHandler)
	fonts, err := ticket.NewFonts(ticket.SystemFonts(), log)
	require.NoError(t, err)
	s.DB = db
	s.desk = ticket.NewDesk(ticket.Config{
		Queue: db, Device: d, Lang: "vi", Drawer: true, Cut: true, Log: log, Changed: func() { s.changed.Add(1) },
		Press:   &ticket.Press{Paper: ticket.Paper80, Fonts: fonts, Shop: ticket.Shop{Name: "Nắng Mai", Location: time.UTC}},
		Records: &ticket.Records{Ledger: db, Carts: db, Orders: db, Office: db, Catalogue: db, Links: link(cartLink), Now: s.clock.Now},
	})
}

// run runs the desk until the returned function is called.
func (s *shop) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.desk.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	return stop
}

func (s *shop) sell(t *testing.T) *edge.Sale {
	s.sold++
	sale := edgetest.SellTo(t, s, fmt.Sprintf("key-%05d", s.sold), edgetest.Lipstick, 1)
	s.desk.Wake()
	return sale
}

// until waits until the newest job stands so.
func (s *shop) until(t *testing.T, state edge.PrintState, why edge.PrintReason) edge.PrintJob {
	var j edge.PrintJob
	require.Eventually(t, func() bool {
		list, err := s.PrintJobs(t.Context(), 1)
		require.NoError(t, err)
		j = list[0]
		return j.State == state && j.Reason == why
	}, within, 5*time.Millisecond, "%s %s", state, why)
	return j
}

func (s *shop) untilPrinter(t *testing.T, state edge.PrintReason) edge.PrinterStatus {
	var v edge.PrinterStatus
	require.Eventually(t, func() bool {
		var err error
		v, err = s.desk.Status(t.Context())
		require.NoError(t, err)
		return v.State == state
	}, within, 5*time.Millisecond, "%q", state)
	return v
}

func TestASaleIsPrintedOnceAndThenAsACopy(t *testing.T) {
	s := newShop(t)
	v, err := s.desk.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, edge.PrinterUnknown, v.State)
	s.run(t)
	sale := s.sell(t)
	s.until(t, edge.PrintPrinted, "")
	require.Equal(t, edge.PrinterStatus{}, s.untilPrinter(t, edge.PrinterReady))

	_, err = s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintReceipt, Ref: sale.ID, Staff: "Lan"})
	require.NoError(t, err)
	copied := s.until(t, edge.PrintPrinted, "")
	require.True(t, copied.Copy)

	papers := s.printer.Papers()
	require.Len(t, papers, 2)
	for _, p := range papers {
		require.True(t, p.Cut)
		require.Empty(t, p.Garbage)
	}
	require.Greater(t, papers[1].Raster.Bounds().Dy(), papers[0].Raster.Bounds().Dy(), "the second says that it is a copy")
	require.Equal(t, 1, s.printer.Kicks(), "the drawer opens for the money, not for the copy")
	require.Positive(t, s.changed.Load())
}

// What is queued behind the desk's back, such as the ticket of money that came
// over the line, prints all the same.
func TestTheQueueIsLookedAtWithoutBeingTold(t *testing.T) {
	s := newShop(t)
	s.run(t)
	s.untilPrinter(t, edge.PrinterReady)
	edgetest.SellTo(t, s, "key-00001", edgetest.Lipstick, 1)
	s.until(t, edge.PrintPrinted, "")
}

func TestEveryKindOfJobPrints(t *testing.T) {
	s := newShop(t)
	first, second := s.sell(t), s.sell(t)
	void, _, err := s.VoidSale(t.Context(), "key-void1", edge.Voiding{Sale: first.Ref(), Reason: "x"})
	require.NoError(t, err)
	_, _, err = s.RefundSale(t.Context(), "key-refd1", edge.Refunding{
		Sale: second.Ref(), Reason: "x", Lines: []edge.Return{{SKU: edgetest.Lipstick, Quantity: 1, To: edge.ToStock}},
		Back: []edge.Payback{{Method: edge.Card, Amount: 199000, Reference: "S1"}}, Approval: &edge.Approval{Staff: "Mai", Reason: "no cash"},
	})
	require.NoError(t, err)
	_, _, err = s.CloseDay(t.Context(), "key-day01", "Lan")
	require.NoError(t, err)
	c := edgetest.FillCart(t, s, edgetest.Cream, 2)
	_, err = s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: c.ID.String(), Lang: "zh"})
	require.NoError(t, err)
	_, err = s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintTest})
	require.NoError(t, err)
	s.run(t)
	s.until(t, edge.PrintPrinted, "")
	list, err := s.desk.Jobs(t.Context(), 50)
	require.NoError(t, err)
	require.Len(t, list, 7)
	for _, j := range list {
		require.Equal(t, edge.PrintPrinted, j.State, j.Kind)
	}
	papers := s.printer.Papers()
	require.Len(t, papers, 7)
	require.Equal(t, 3, s.printer.Kicks(), "two sales and a void in cash; the refund went to a card")
	readBoth(t, papers[5].Raster, cartLink)

	for _, bad := range []edge.PrintJob{
		{Kind: edge.PrintReceipt, Ref: void.ID},
		{Kind: edge.PrintRefund, Ref: void.ID},
		{Kind: edge.PrintZ, Ref: "none"},
		{Kind: edge.PrintCart, Ref: edge.CartID{9}.String()},
	} {
		_, err = s.desk.Print(t.Context(), bad)
		require.Equal(t, edge.NotFound, edge.KindOf(err), bad)
	}
	_, err = s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: first.Cart.String()})
	require.Equal(t, edge.Conflict, edge.KindOf(err), "a cart that is paid has a receipt")
	empty, err := s.CreateCart(t.Context())
	require.NoError(t, err)
	_, err = s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: empty.ID.String()})
	require.Equal(t, edge.Invalid, edge.KindOf(err))
}

// readBoth reads the code on a print with both readers.
func readBoth(t *testing.T, r *ticket.Raster, want string) {
	got, err := ticket.ReadBack(r)
	require.NoError(t, err)
	require.Equal(t, want, got)
	path, err := exec.LookPath("zbarimg")
	require.NoError(t, err, "this test reads QR codes with zbarimg: install the package zbar-tools")
	var picture bytes.Buffer
	require.NoError(t, r.WritePNG(&picture))
	cmd := exec.CommandContext(t.Context(), path, "--quiet", "--raw", "--oneshot", "-Sbinary", "-Sdisable", "-Sqrcode.enable", "-")
	cmd.Stdin = &picture
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, want, strings.TrimSuffix(string(out), "\n"))
}

// A printer that does not print costs nobody a ticket: what has not reached it
// waits, unmarked, and comes out when it is mended.
func TestTicketsWaitForAPrinterThatDoesNotPrint(t *testing.T) {
	for state, fault := range map[edge.PrintReason]tickettest.Faults{
		edge.PrinterPaperOut:  {PaperOut: true},
		edge.PrinterCoverOpen: {CoverOpen: true, PaperOut: true},
		edge.PrinterOffline:   {Offline: true},
		edge.PrinterFault:     {CutterFault: true},
		edge.PrinterSilent:    {Silent: true},
	} {
		t.Run(string(state), func(t *testing.T) {
			s := newShop(t)
			s.printer.Fail(fault)
			if fault.Silent {
				s.desk.Device.Patience = 300 * time.Millisecond
			}
			stop := s.run(t)
			s.sell(t)
			s.sell(t)
			v := s.untilPrinter(t, state)
			require.Equal(t, 2, v.Waiting)
			require.Zero(t, v.Asks, "nobody has to decide anything")
			require.Empty(t, s.printer.Papers())

			s.printer.Fail(tickettest.Faults{})
			stop()
			s.desk.Device.Patience = within
			s.run(t)
			s.until(t, edge.PrintPrinted, "")
			s.untilPrinter(t, edge.PrinterReady)
			require.Len(t, s.printer.Papers(), 2)
			list, err := s.PrintJobs(t.Context(), 9)
			require.NoError(t, err)
			require.False(t, list[0].Copy || list[1].Copy)
		})
	}
}

func TestSlipOfAnOrderSaysHowItStandsNow(t *testing.T) {
	s := newShop(t)
	k, _, err := s.PlaceOrder(t.Context(), "order-0001", edgetest.OrderAsk(edgetest.Glasses, 1, 890000, edge.PayOnReceipt))
	require.NoError(t, err)
	s.run(t)
	slip := func(n int) *ticket.Raster {
		_, err := s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintOrder, Ref: k.ID})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return len(s.printer.Papers()) == n }, within, 5*time.Millisecond)
		return s.printer.Papers()[n-1].Raster
	}
	slip(1) // the others are copies of it, and say so
	placed := slip(2)
	require.True(t, reflect.DeepEqual(placed, slip(3)), "one order, two slips")
	require.NoError(t, s.Apply(t.Context(), 1, edgetest.Told(t, &k.Order, edge.OrderAccepted, k.At, 0)))
	require.False(t, reflect.DeepEqual(placed, slip(4)), "the slip says what it said before headquarters accepted")
}

func TestSlipOfAnOrderNamesTheShopToCollectAt(t *testing.T) {
	s := newShop(t)
	ask := edgetest.OrderAsk(edgetest.Glasses, 1, 890000, edge.PayOnReceipt)
	ask.Way, ask.Province, ask.Contact.Address, ask.Total = edge.Collect, "", nil, 890000
	k, _, err := s.PlaceOrder(t.Context(), "order-0001", ask)
	require.NoError(t, err)
	records := &ticket.Records{Ledger: s, Carts: s, Orders: s, Office: s, Catalogue: s, Links: link(cartLink), Now: s.clock.Now}
	pickUp := func() string {
		d, err := records.Document(t.Context(), edge.PrintOrder, k.ID)
		require.NoError(t, err)
		return d.(ticket.Order).PickUp
	}
	require.Equal(t, k.Shop, pickUp(), "headquarters has not told how it is called")
	told := edge.ShopStock{Shop: k.Shop, Place: edge.Place{Name: "Huế Trường Tiền"}, AsOf: s.clock.Now(), Levels: map[edge.SKU]int64{edgetest.Glasses: 1}}
	require.NoError(t, s.Apply(t.Context(), 1, edge.Delivery{Stock: []edge.ShopStock{told}}))
	require.Equal(t, "Huế Trường Tiền", pickUp())
}

func TestLittlePaperIsToldAndPrints(t *testing.T) {
	s := newShop(t)
	s.printer.Fail(tickettest.Faults{PaperLow: true, Babbles: true})
	s.run(t)
	s.sell(t)
	s.until(t, edge.PrintPrinted, "")
	s.untilPrinter(t, edge.PrinterPaperLow)
}

// What may have come out is never printed again by itself; somebody looks, and
// what is printed again says that it is a copy.
func TestADoubtfulTicketIsForSomebodyToDecide(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault tickettest.Faults
		why   edge.PrintReason
	}{
		{"the paper ends", tickettest.Faults{OutAfter: 128}, edge.PrinterPaperOut},
		{"it hangs up", tickettest.Faults{CloseAfter: 5000}, edge.PrinterSilent},
		{"it takes no more", tickettest.Faults{StallsAfter: 5000}, edge.PrinterSilent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			s.printer.Fail(tt.fault)
			if tt.fault.StallsAfter > 0 {
				s.desk.Device.Patience = time.Second
			}
			stop := s.run(t)
			s.sell(t)
			var j edge.PrintJob
			require.Eventually(t, func() bool {
				list, err := s.PrintJobs(t.Context(), 1)
				require.NoError(t, err)
				j = list[0]
				return j.State == edge.PrintDoubtful
			}, within, 5*time.Millisecond)
			if j.Reason != edge.PrintBroken { // whether the break shows while sending or after is the system's
				require.Equal(t, tt.why, j.Reason)
			}
			s.printer.Fail(tickettest.Faults{})
			stop()
			s.desk.Device.Patience = within
			s.run(t)
			v := s.untilPrinter(t, edge.PrinterReady)
			require.Equal(t, edge.PrinterStatus{Asks: 1}, v, "it is not printed again by itself")

			before := len(s.printer.Papers())
			_, err := s.desk.Decide(t.Context(), j.ID, edge.PrintAgain, "Lan")
			require.NoError(t, err)
			require.True(t, s.until(t, edge.PrintPrinted, "").Copy)
			require.Greater(t, len(s.printer.Papers()), before)
			require.LessOrEqual(t, s.printer.Kicks(), 1, "the drawer opens once")
		})
	}
}

func TestLostBytesAreSeenAsGarbage(t *testing.T) {
	s := newShop(t)
	s.printer.Fail(tickettest.Faults{DropEvery: 997})
	s.desk.Device.Patience = time.Second
	stop := s.run(t)
	s.sell(t)
	require.Eventually(t, func() bool {
		list, err := s.PrintJobs(t.Context(), 1)
		require.NoError(t, err)
		return list[0].State == edge.PrintDoubtful || list[0].State == edge.PrintPrinted
	}, within, 5*time.Millisecond, "the desk comes to an end with it")
	s.printer.Fail(tickettest.Faults{})
	stop()
	s.desk.Device.Patience = within
	s.run(t)
	s.sell(t)
	s.until(t, edge.PrintPrinted, "")
	papers := s.printer.Papers()
	require.Zero(t, len(papers[len(papers)-1].Garbage), "the next job starts afresh")
}

func TestARestartNeitherLosesNorRepeats(t *testing.T) {
	s := newShop(t)
	s.printer.Fail(tickettest.Faults{PaperOut: true})
	stop := s.run(t)
	s.sell(t)
	s.sell(t)
	s.untilPrinter(t, edge.PrinterPaperOut)
	stop()
	j, err := s.NextPrint(t.Context())
	require.NoError(t, err)
	_, err = s.StartPrint(t.Context(), j.ID) // the gateway stops right after this
	require.NoError(t, err)
	require.NoError(t, s.Close())

	s.printer.Fail(tickettest.Faults{})
	s.open(t, s.desk.Device)
	s.run(t)
	s.until(t, edge.PrintPrinted, "")
	require.Len(t, s.printer.Papers(), 1)
	require.Equal(t, edge.PrinterStatus{Asks: 1}, s.untilPrinter(t, edge.PrinterReady))
	list, err := s.PrintJobs(t.Context(), 9)
	require.NoError(t, err)
	require.Equal(t, edge.PrintDoubtful, list[1].State)
	require.Equal(t, edge.PrintRestart, list[1].Reason)
}

func TestWhatCannotBeDrawnHoldsUpNothing(t *testing.T) {
	s := newShop(t)
	_, err := s.QueuePrint(t.Context(), edge.PrintJob{Kind: edge.PrintReceipt, Ref: "gone"})
	require.NoError(t, err)
	s.sell(t)
	s.run(t)
	s.until(t, edge.PrintPrinted, "")
	list, err := s.PrintJobs(t.Context(), 9)
	require.NoError(t, err)
	require.Equal(t, edge.PrintFailed, list[1].State)
	require.Equal(t, edge.PrintDocument, list[1].Reason)
}

func TestAMutePrinterIsTrusted(t *testing.T) {
	s := newShop(t)
	s.printer.Fail(tickettest.Faults{Silent: true})
	s.desk.Device.Mute = true
	s.run(t)
	s.sell(t)
	s.until(t, edge.PrintPrinted, "")
	require.Eventually(t, func() bool { return len(s.printer.Papers()) == 1 }, within, 5*time.Millisecond)
	require.NotContains(t, string(s.printer.Sent()), "\x10\x04\x01", "it is not asked")
}

func TestNoPrinterThere(t *testing.T) {
	s := newShop(t)
	for _, address := range []string{"tcp://127.0.0.1:1", "/dev/no-such-printer", "/etc/hostname"} {
		s.desk.Device.Address = address
		stop := s.run(t)
		s.untilPrinter(t, edge.PrinterOffline)
		stop()
	}
}

func TestSlipsThatNobodyWaitsForAnyMore(t *testing.T) {
	s := newShop(t)
	c := edgetest.FillCart(t, s, edgetest.Cream, 2)
	_, err := s.desk.Print(t.Context(), edge.PrintJob{Kind: edge.PrintCart, Ref: c.ID.String()})
	require.NoError(t, err)
	s.clock.Advance(16 * time.Minute)
	sale := s.sell(t)
	s.run(t)
	s.until(t, edge.PrintPrinted, "")
	list, err := s.PrintJobs(t.Context(), 9)
	require.NoError(t, err)
	require.Equal(t, sale.ID, list[0].Ref)
	require.Equal(t, edge.PrintDropped, list[1].State)
	require.Equal(t, edge.PrintLate, list[1].Reason)
}

// Money that moves without a sale opens the drawer too, paper or not.
func TestDrawerOpensWithoutPaper(t *testing.T) {
	s := newShop(t)
	s.printer.Fail(tickettest.Faults{PaperOut: true})
	s.run(t)
	s.untilPrinter(t, edge.PrinterPaperOut)
	require.NoError(t, s.desk.Kick(t.Context()))
	require.Eventually(t, func() bool { return s.printer.Kicks() == 1 }, within, 5*time.Millisecond)
	s.desk.Drawer = false
	require.Equal(t, edge.Unavailable, edge.KindOf(s.desk.Kick(t.Context())))
	require.Equal(t, 1, s.printer.Kicks())
}

func TestDrawerOfNoPrinter(t *testing.T) {
	desk := ticket.NewDesk(ticket.Config{Device: &ticket.Device{Address: "tcp://127.0.0.1:1"}, Drawer: true})
	require.Equal(t, edge.Unavailable, edge.KindOf(desk.Kick(t.Context())))
}
