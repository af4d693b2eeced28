package sqlite

import (
	"context"
	"os"
	"runtime"
	"syscall"
)

// inIdleTime runs f where nobody waits for it: on a thread of its own that gets
// the processor and the disk when nobody else wants them. When ctx ends it does
// not wait for f, which is given a context that does not end: SQLite would hand
// the work to another thread for the sake of one.
func inIdleTime(ctx context.Context, f func(context.Context) error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		yieldToOthers()
		done <- f(context.WithoutCancel(ctx))
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trickle brings a file to the disk bit by bit, so that the sync of a sale never
// stands behind all of it. The file's own sync must follow, which tells whether
// all went well.
func trickle(f *os.File) {
	const bit, writeAndWait = 1 << 20, 1 | 2 | 4 // SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE, _WAIT_AFTER
	st, err := f.Stat()
	for at := int64(0); err == nil && at < st.Size(); at += bit {
		err = syscall.SyncFileRange(int(f.Fd()), at, bit, writeAndWait)
	}
}

// yieldToOthers gives this thread the lowest priority (setpriority(2),
// ioprio_set(2)). Where that is not allowed the work is done all the same.
func yieldToOthers() {
	const (
		lowest     = 19
		oneThread  = 1 // IOPRIO_WHO_PROCESS
		caller     = 0
		whenUnused = 3 << 13 // IOPRIO_CLASS_IDLE
	)
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), lowest)
	_, _, _ = syscall.Syscall(syscall.SYS_IOPRIO_SET, oneThread, caller, whenUnused)
}
