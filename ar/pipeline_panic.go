package ar

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// panicError is a panic in what the pipeline is made of. Its text has the
// stack, for the log.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// caught makes a panic an error: one frame's or one camera's, and not the end of
// the till, which runs in the same process.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = &panicError{r, debug.Stack()}
	}
}

// brief is err for people: without a stack.
func brief(err error) string {
	if p, ok := errors.AsType[*panicError](err); ok {
		return fmt.Sprintf("the camera's program failed: %v", p.value)
	}
	return err.Error()
}

func openCamera(ctx context.Context, open OpenFunc) (_ Camera, err error) {
	defer caught(&err)
	return open(ctx)
}

func readCamera(ctx context.Context, cam Camera, f *Frame) (err error) {
	defer caught(&err)
	return cam.Read(ctx, f)
}

func closeCamera(cam Camera) (err error) {
	defer caught(&err)
	return cam.Close()
}
