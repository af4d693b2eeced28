package rig_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mirrorcart/mirrorcart/cmd/rig"
)

// These, in the environment, make the test binary another program.
const (
	saleVar  = "MIRRORCART_TEST_SALE"  // it measures sales in this folder
	partVar  = "MIRRORCART_TEST_PART"  // it is a part of a chain
	cheatVar = "MIRRORCART_TEST_CHEAT" // whose gateways cheat
)

func TestMain(m *testing.M) {
	ctx := context.Background()
	var err error
	switch {
	case os.Getenv(saleVar) != "":
		err = measure(ctx, os.Getenv(saleVar))
	case os.Getenv(partVar) != "":
		err = bePart(ctx)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, dir string) error {
	r, err := rig.Sale{Tills: 1, Sales: 3, Dir: dir}.Run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(struct {
		Sync float64
		*rig.SaleReport
	}{r.Sync, r})
}

func bePart(ctx context.Context) error {
	in := bufio.NewReader(os.Stdin)
	told, err := in.ReadString('\n')
	if err == nil && os.Getenv(cheatVar) != "" {
		err = cheat(ctx, told)
	}
	if err != nil {
		return err
	}
	return rig.Part(ctx, io.MultiReader(strings.NewReader(told), in), os.Stdout, quiet)
}

// cheat prints a receipt for nothing, and sells once more than was asked for,
// whenever a gateway is started.
func cheat(ctx context.Context, told string) error {
	var o struct{ Shop *rig.Shop }
	if err := json.Unmarshal([]byte(told), &o); err != nil || o.Shop == nil {
		return err
	}
	const nothing = "AAAAAAAAAAAAAAAA"
	fmt.Printf("try %s\nsold %s T9-1-000001\n", nothing, nothing)
	db, err := o.Shop.Open(ctx, quiet)
	if err != nil {
		return err
	}
	c, err := rig.Cart(ctx, db)
	if err == nil {
		_, err = rig.Sell(ctx, db, c)
	}
	return errors.Join(err, db.Close())
}

// part is the command of a part of a chain; each of env is a variable more.
func part(env ...string) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(append(os.Environ(), partVar+"=1"), env...)
		return cmd
	}
}
