package sqlite_test

import (
	"bufio"
	"context"
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

// sellIn, in the environment, makes the test binary a till that sells until it
// is killed.
const sellIn = "MIRRORCART_TEST_SELL_IN"

// paid is the price of one Cream, which each cart has.
var paid = edge.Payment{Method: edge.Cash, Amount: 320000}

// sellForEver prints "try KEY CART" before each sale and "sold KEY RECEIPT"
// after it, from four tills' worth of goroutines.
func sellForEver(path string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, options(path))
	if err != nil {
		return err
	}
	errs := make(chan error)
	for range 4 {
		go func() {
			for {
				if err := sellOne(ctx, db); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func sellOne(ctx context.Context, db *sqlite.DB) error {
	c, err := db.CreateCart(ctx)
	if err != nil {
		return err
	}
	_, err = db.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, edgetest.Cream, 1)
		return err
	})
	if err != nil {
		return err
	}
	key := "key-" + c.ID.String()
	fmt.Printf("try %s %s\n", key, c.ID)
	s, _, err := db.RecordSale(ctx, key, edge.Checkout{Cart: c.ID, Payment: paid})
	if err != nil {
		return err
	}
	fmt.Printf("sold %s %s\n", key, s.Receipt)
	return nil
}

func TestKilledTillsLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	makeShop(t, options(path))
	rnd := randomly(t)
	tried, sold := map[string]edge.CartID{}, map[string]string{}
	for range 8 {
		sellAndKill(t, path, 10+rnd.IntN(60), tried, sold)
	}
	t.Logf("%d sales tried, %d receipts printed", len(tried), len(sold))
	db := open(t, options(path))
	checkSales(t, db, sold)
	for key, cart := range tried { // what a clerk does who saw no answer
		s, _, err := db.RecordSale(t.Context(), key, edge.Checkout{Cart: cart, Payment: paid})
		require.NoError(t, err)
		if printed, ok := sold[key]; ok {
			require.Equal(t, printed, s.Receipt.String())
		}
		sold[key] = s.Receipt.String()
	}
	require.Equal(t, len(tried), checkSales(t, db, sold))
	stock, err := db.Stock(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, -len(tried), stock[edgetest.Cream])
}

// randomly is different in every run, and says how to have it again.
func randomly(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// sellAndKill runs a till, kills it in the middle of whatever it does when it
// has printed enough receipts, and notes what it printed until then.
func sellAndKill(t *testing.T, path string, enough int, tried map[string]edge.CartID, sold map[string]string) {
	killAfter(t, enough, sellIn+"="+path, func(f []string) (printed bool) {
		require.Len(t, f, 3, f)
		switch f[0] {
		case "try":
			var id edge.CartID
			require.NoError(t, id.UnmarshalText([]byte(f[2])))
			tried[f[1]] = id
		case "sold":
			sold[f[1]], printed = f[2], true
		}
		return printed
	})
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

// checkSales checks that the printed receipts are all there, that no number
// is missing or there twice, and that the ledger agrees. It returns how many
// sales there are.
func checkSales(t *testing.T, db *sqlite.DB, printed map[string]string) int {
	sales, err := db.Sales(t.Context(), 1<<20)
	require.NoError(t, err)
	receipts, carts := map[string]bool{}, map[edge.CartID]bool{}
	for i, s := range sales { // newest first
		require.EqualValues(t, len(sales)-i, s.Receipt.Counter)
		receipts[s.Receipt.String()], carts[s.Cart] = true, true
	}
	require.Len(t, receipts, len(sales))
	require.Len(t, carts, len(sales))
	for _, r := range printed {
		require.True(t, receipts[r], "receipt %s was printed and is lost", r)
	}
	require.Len(t, edgetest.Chain(t, db, edge.LaneSale), len(sales)+1)
	edgetest.Chain(t, db, edge.LaneOps)
	return len(sales)
}
