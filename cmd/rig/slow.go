package rig

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// ErrNoTrace says that a slow disk cannot be had here.
var ErrNoTrace = errors.New("strace cannot slow down this machine's disk: apt-get install strace, and run where a program may trace another")

// SlowDisk makes a command whose program, and the programs that it starts, wait
// so much longer for each sync of a file. It is strace that holds up the calls,
// after the disk has done its work. Its error wraps ErrNoTrace where that cannot
// be.
func SlowDisk(ctx context.Context, delay time.Duration, program string, args ...string) (*exec.Cmd, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTrace, err)
	}
	// Only the calls that are traced stop the program.
	options := []string{"-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"}
	if out, err := exec.CommandContext(ctx, strace, append(options, "true")...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %w: %s", ErrNoTrace, err, out)
	}
	inject := fmt.Sprintf("inject=fsync,fdatasync:delay_exit=%d", delay.Microseconds())
	return exec.CommandContext(ctx, strace, append(append(options, "-e", inject, program), args...)...), nil
}
