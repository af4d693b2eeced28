package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// deed is something a till does under a key: a sale of the cart named by arg, a
// void or a refund of the sale named by it, a Z report, or a delivery.
type deed struct{ what, arg string }

// do does it and returns what is printed for it.
func (d deed) do(ctx context.Context, db *sqlite.DB, key string) (string, error) {
	switch d.what {
	case "sale":
		var cart edge.CartID
		if err := cart.UnmarshalText([]byte(d.arg)); err != nil {
			return "", err
		}
		s, _, err := db.RecordSale(ctx, key, edge.Checkout{Cart: cart, Payments: paid})
		if err != nil {
			return "", err
		}
		return s.ID + "/" + s.Receipt.String(), nil
	case "void":
		v, _, err := db.VoidSale(ctx, key, edge.Voiding{Sale: edge.SaleRef{ID: d.arg}, Reason: "x"})
		if err != nil {
			return "", err
		}
		return v.ID + "/" + v.Receipt.String(), nil
	case "refund":
		r, _, err := db.RefundSale(ctx, key, edge.Refunding{
			Sale: edge.SaleRef{ID: d.arg}, Reason: "x", Back: []edge.Payback{{Method: edge.Cash, Amount: paid.Sum()}},
			Lines: []edge.Return{{SKU: edgetest.Cream, Quantity: 1, To: edge.ToStock}},
		})
		if err != nil {
			return "", err
		}
		return r.ID + "/" + r.Receipt.String(), nil
	case "z":
		z, _, err := db.CloseDay(ctx, key, "Lan")
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s/%d-%d", z[0].ID, z[0].From, z[0].To), nil
	}
	moves, _, err := db.EnterStock(ctx, key, edgetest.Entry(edgetest.Cream, 1, edge.StockGoodsIn, d.arg))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s/%d", moves[0].Ref, moves[0].Delta), nil
}

// doForEver prints "try KEY WHAT ARG" before each deed and "done KEY RECEIPT"
// after it, from four tills' worth of goroutines.
func doForEver(path string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, options(path))
	if err != nil {
		return err
	}
	errs := make(chan error)
	for range 4 {
		go func() {
			for n := 0; ; n++ {
				if err := doOne(ctx, db, n); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// doOne sells one Cream, and sees to what else a till has to do now and then.
func doOne(ctx context.Context, db *sqlite.DB, n int) error {
	c, err := newCart(ctx, db)
	if err != nil {
		return err
	}
	sold, err := try(ctx, db, "sale-"+c.ID.String(), deed{"sale", c.ID.String()})
	if err != nil {
		return err
	}
	sale, _, _ := strings.Cut(sold, "/")
	switch n % 8 {
	case 1:
		_, err = try(ctx, db, "void-"+sale, deed{"void", sale})
	case 3:
		_, err = try(ctx, db, "refund-"+sale, deed{"refund", sale})
	case 5:
		_, err = try(ctx, db, "stock-"+sale, deed{"stock", sale})
	case 7:
		_, err = try(ctx, db, "z-"+sale, deed{"z", "-"})
	}
	if edge.KindOf(err) == edge.Conflict { // another till's Z report was first
		return nil
	}
	return err
}

func try(ctx context.Context, db *sqlite.DB, key string, d deed) (string, error) {
	fmt.Printf("try %s %s %s\n", key, d.what, d.arg)
	printed, err := d.do(ctx, db, key)
	if err == nil {
		fmt.Printf("done %s %s\n", key, printed)
	}
	return printed, err
}

func TestKilledTillsLoseNoRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	makeShop(t, options(path))
	rnd := randomly(t)
	tried, done := map[string]deed{}, map[string]string{}
	for range 8 {
		doAndKill(t, path, 10+rnd.IntN(60), tried, done)
	}
	t.Logf("%d deeds tried, %d printed", len(tried), len(done))
	db := open(t, options(path))
	checkLedger(t, db, tried, done)
	for key, d := range tried { // what a clerk does who saw no answer
		again, err := d.do(t.Context(), db, key)
		if printed, ok := done[key]; ok {
			require.NoError(t, err, key)
			require.Equal(t, printed, again)
		} else if err != nil {
			require.Equal(t, edge.Conflict, edge.KindOf(err), "%v", err) // a Z report came before it
			require.NotEqual(t, "sale", d.what)
			continue
		}
		done[key] = again
	}
	checkLedger(t, db, tried, done)
	sales := 0
	for _, d := range tried {
		if d.what == "sale" {
			sales++
		}
	}
	recorded, err := db.Sales(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Len(t, recorded, sales, "each cart is sold, and once")
}

// doAndKill runs a till, kills it in the middle of whatever it does when it has
// printed enough, and notes what it printed until then.
func doAndKill(t *testing.T, path string, enough int, tried map[string]deed, done map[string]string) {
	killAfter(t, enough, doIn+"="+path, func(f []string) (printed bool) {
		switch f[0] {
		case "try":
			tried[f[1]] = deed{f[2], f[3]}
		case "done":
			done[f[1]], printed = f[2], true
		}
		return printed
	})
}

// randomly is different in every run, and says how to have it again.
func randomly(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// killAfter runs this program with one more variable in its environment, shows
// heard the words of each line that it prints, and kills it in the middle of
// whatever it does once heard has counted enough of them.
func killAfter(t *testing.T, enough int, env string, heard func(words []string) (counts bool)) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	printed := 0
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the last line may be half a line: nobody saw it
		}
		if heard(strings.Fields(line)) {
			if printed++; printed == enough {
				require.NoError(t, cmd.Process.Kill())
			}
		}
	}
	require.ErrorContains(t, cmd.Wait(), "killed")
	require.GreaterOrEqual(t, printed, enough)
}

// checkLedger checks that what was printed is all there, under the numbers that
// were printed, and that the ledger adds up: no number is missing or there
// twice.
func checkLedger(t *testing.T, db *sqlite.DB, tried map[string]deed, printed map[string]string) {
	evs := edgetest.Chain(t, db, edge.LaneSale)
	edgetest.Chain(t, db, edge.LaneOps)
	edgetest.Reckon(t, evs).AddsUp(t, db)
	recorded := map[string]bool{}
	carts := map[edge.CartID]bool{}
	for _, e := range evs {
		var r struct {
			ID       string
			Receipt  edge.Receipt
			From, To uint64
			Ref      string
			Delta    int64
			Cart     edge.CartID
		}
		require.NoError(t, json.Unmarshal(e.Data, &r))
		switch e.Type {
		case edge.EventSale:
			require.False(t, carts[r.Cart], "a cart is sold twice")
			carts[r.Cart] = true
			fallthrough
		case edge.EventVoid, edge.EventRefund:
			recorded[r.ID+"/"+r.Receipt.String()] = true
		case edge.EventZ:
			recorded[fmt.Sprintf("%s/%d-%d", r.ID, r.From, r.To)] = true
		case edge.EventStock:
			recorded[fmt.Sprintf("%s/%d", r.Ref, r.Delta)] = true
		}
	}
	for key, what := range printed {
		require.True(t, recorded[what], "%s of %s was printed and is lost", what, tried[key].what)
	}
}
