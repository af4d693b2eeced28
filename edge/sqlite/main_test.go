package sqlite_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// These, in the environment, make the test binary another program.
const (
	doIn     = "MIRRORCART_TEST_DO_IN"     // a till that does all that a till does, until it is killed
	tillIn   = "MIRRORCART_TEST_TILL_IN"   // a till with a witness, for the power to be cut
	tillN    = "MIRRORCART_TEST_TILL_N"    // it stops after so many sales, and tries again what failed
	backupIn = "MIRRORCART_TEST_BACKUP_IN" // it makes backups in this folder
	forgetIn = "MIRRORCART_TEST_FORGET_IN" // DISK:MOUNT, a forgetful folder
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(doIn) != "":
		err = doForEver(os.Getenv(doIn))
	case os.Getenv(tillIn) != "":
		err = runTill(os.Getenv(tillIn))
	case os.Getenv(forgetIn) != "":
		disk, mount, _ := strings.Cut(os.Getenv(forgetIn), ":")
		err = serveForgetful(disk, mount)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
