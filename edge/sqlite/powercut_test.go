package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
	"github.com/mirrorcart/mirrorcart/edge/sqlite"
)

// powerCuts, in the environment, is how often the power is cut.
const powerCuts = "MIRRORCART_TEST_POWER_CUTS"

// The power goes while four tills sell and backups are made, again and again:
// every printed receipt is on the disk, once, the chain is whole, and the
// witness beside the database never takes it for an old copy.
func TestPowerCuts(t *testing.T) {
	cuts := 10
	if s := os.Getenv(powerCuts); s != "" {
		var err error
		cuts, err = strconv.Atoi(s)
		require.NoError(t, err, powerCuts)
	}
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Skipf("no power is cut: a file system of our own needs /dev/fuse: %v", err)
	} else {
		f.Close()
	}
	if os.Getuid() != 0 {
		t.Skip("no power is cut: mounting a file system of our own needs root")
	}
	disk := filepath.Join(t.TempDir(), "disk")
	opt := witnessed(filepath.Join(disk, "shop.db"))
	makeShop(t, opt)
	tried, sold := map[string]edge.CartID{}, map[string]string{}
	for range cuts {
		sellAndCut(t, disk, 5+rand.IntN(60), tried, sold)
		db, err := sqlite.Open(t.Context(), opt)
		require.NoError(t, err)
		require.EqualValues(t, 1, db.Series())
		checkSales(t, db, sold)
		require.NoError(t, db.Close())
	}
	db := open(t, opt)
	n := checkSales(t, db, sold)
	t.Logf("%d cuts, %d receipts printed, %d on the disk, 0 lost, 0 doubled", cuts, len(sold), n)
	stock, err := db.Stock(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, -n, stock[edgetest.Cream])
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

// sellAndCut runs a till on a forgetful folder and cuts the power once it has
// printed enough receipts.
func sellAndCut(t *testing.T, disk string, enough int, tried map[string]edge.CartID, sold map[string]string) {
	mount := t.TempDir()
	server := exec.CommandContext(t.Context(), os.Args[0])
	server.Env = append(os.Environ(), forgetIn+"="+disk+":"+mount)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)

	cut := func() {
		require.NoError(t, server.Process.Kill())
		_ = server.Wait()
	}
	sell := exec.CommandContext(t.Context(), os.Args[0])
	sell.Env = append(os.Environ(), tillIn+"="+filepath.Join(mount, "shop.db"), backupIn+"="+t.TempDir())
	till, err := sell.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, sell.Start())
	note(t, bufio.NewReader(till), tried, sold, func(printed int) {
		if printed == enough {
			cut()
			time.AfterFunc(5*time.Second, func() { _ = sell.Process.Kill() }) // it ends by itself: its disk is gone
		}
	})
	_ = sell.Wait()
	require.NoError(t, syscall.Unmount(mount, syscall.MNT_DETACH))
}

// note reads what a till prints until it ends, counting the receipts.
func note(t *testing.T, lines *bufio.Reader, tried map[string]edge.CartID, sold map[string]string, count func(printed int)) {
	printed := 0
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // the last line may be half a line: nobody saw it
		}
		f := strings.Fields(line)
		require.Len(t, f, 3, line)
		switch f[0] {
		case "try":
			var id edge.CartID
			require.NoError(t, id.UnmarshalText([]byte(f[2])))
			tried[f[1]] = id
		case "sold":
			sold[f[1]] = f[2]
			printed++
			count(printed)
		}
	}
}

// A disk that fails to sync now and then: what failed was not acknowledged,
// what was acknowledged is there, and the till sells on.
func TestFailingSync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no sync fails: strace is not installed")
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("no sync fails: strace cannot trace here: %s", out)
	}
	path := filepath.Join(t.TempDir(), "shop.db")
	makeShop(t, witnessed(path))

	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-o", trace,
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=20+15", os.Args[0])
	cmd.Env = append(os.Environ(), tillIn+"="+path, tillN+"=400")
	cmd.Stderr = os.Stderr
	till, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	tried, sold := map[string]edge.CartID{}, map[string]string{}
	note(t, bufio.NewReader(till), tried, sold, func(int) {})
	require.NoError(t, cmd.Wait())
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	failures := strings.Count(string(text), "(INJECTED)")
	require.Greater(t, failures, 5, "syncs have failed")
	require.Len(t, sold, 400)
	n := checkSales(t, open(t, witnessed(path)), sold)
	t.Logf("%d syncs failed, %d receipts printed, %d in the ledger", failures, len(sold), n)
}

// paid is the price of one Cream, which each cart has.
var paid = edge.Payments{{Method: edge.Cash, Amount: 320000}}

// witnessed are options with a witness beside the database.
func witnessed(path string) sqlite.Options {
	opt := options(path)
	opt.Witness = path + ".witness"
	return opt
}

// runTill prints "try KEY CART" before each sale and "sold KEY RECEIPT" after
// it, from four tills' worth of goroutines.
func runTill(path string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, witnessed(path))
	if err != nil {
		return err
	}
	if folder := os.Getenv(backupIn); folder != "" {
		k, err := db.Keeper(sqlite.BackupPlan{Dir: folder, Every: 50 * time.Millisecond, Keep: 2})
		if err != nil {
			return err
		}
		go func() { _ = k.Run(ctx) }()
	}
	n, err := strconv.Atoi(os.Getenv(tillN))
	stubborn := err == nil
	if !stubborn {
		n = 1 << 30
	}
	errs := make(chan error)
	for range 4 {
		go func() {
			for range n / 4 {
				if err := sellCream(ctx, db, stubborn); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			return err
		}
	}
	return db.Close()
}

// persist does f once, or until it does not fail for want of a disk.
func persist(stubborn bool, f func() error) error {
	for {
		err := f()
		if err == nil || !stubborn || edge.KindOf(err) != edge.Unavailable {
			return err
		}
	}
}

// newCart is a cart with one Cream.
func newCart(ctx context.Context, db *sqlite.DB) (*edge.Cart, error) {
	c, err := db.CreateCart(ctx)
	if err != nil {
		return nil, err
	}
	return db.ChangeCart(ctx, c.ID, func(c *edge.Cart, w edge.Writer) error {
		_, err := c.Add(w, edgetest.Cream, 1)
		return err
	})
}

func sellCream(ctx context.Context, db *sqlite.DB, stubborn bool) error {
	var c *edge.Cart
	err := persist(stubborn, func() (err error) {
		c, err = newCart(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	key := "key-" + c.ID.String()
	fmt.Printf("try %s %s\n", key, c.ID)
	return persist(stubborn, func() error {
		s, _, err := db.RecordSale(ctx, key, edge.Checkout{Cart: c.ID, Payments: paid})
		if err == nil {
			fmt.Printf("sold %s %s\n", key, s.Receipt)
		}
		return err
	})
}
