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

// These, in the environment, make the test binary a part of a chain.
const (
	partVar  = "MIRRORCART_TEST_PART"
	cheatVar = "MIRRORCART_TEST_CHEAT" // whose gateways cheat
)

func TestMain(m *testing.M) {
	if os.Getenv(partVar) == "" {
		os.Exit(m.Run())
	}
	ctx, in := context.Background(), bufio.NewReader(os.Stdin)
	told, err := in.ReadString('\n')
	if os.Getenv(cheatVar) != "" {
		err = errors.Join(err, cheat(ctx, told))
	}
	if err == nil {
		err = rig.Part(ctx, io.MultiReader(strings.NewReader(told), in), os.Stdout, quiet)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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
