package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// part is a process that may be killed at any time.
type part struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{} // closed when it has ended and all that it printed was heard

	mu       sync.Mutex
	expected bool // that it ends
}

// part starts a process that does what o says. hear is given each line that it
// prints, in order.
func (r *crash) part(ctx context.Context, o order, hear func(line string)) (*part, error) {
	p := &part{cmd: r.Part(), ended: make(chan struct{})}
	said := &lastWords{}
	p.cmd.Stdout, p.cmd.Stderr = &lines{hear: hear}, said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel ends a child with the thread that started it
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = p.cmd.Wait()
		if p.mu.Lock(); err != nil && !p.expected {
			select {
			case r.died <- fmt.Errorf("%s ended by itself: %w: %s", o.name(), err, said):
			default:
			}
		}
		p.mu.Unlock()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		p.kill()
		return nil, err
	}
	if err := json.NewEncoder(p.stdin).Encode(o); err != nil {
		p.kill()
		return nil, fmt.Errorf("%s: %w: %s", o.name(), err, said)
	}
	return p, nil
}

// kill ends the process in the midst of whatever it does.
func (p *part) kill() {
	p.mu.Lock()
	p.expected = true
	p.mu.Unlock()
	_ = p.cmd.Process.Kill() // an error says that it has ended
	<-p.ended
}

// leave tells the process to finish; its input ends.
func (p *part) leave() { _ = p.stdin.Close() } // an error says that it has ended

// lines hands on what is written to it line by line. What follows the last end
// of a line was not printed in full: nobody saw it.
type lines struct {
	hear func(string)
	rest []byte
}

func (l *lines) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte{'\n'})
		if !whole {
			return len(b), nil
		}
		if l.rest = rest; l.hear != nil {
			l.hear(string(line))
		}
	}
}

// lastWords keeps the end of what a process says of its troubles.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const enough = 4 << 10
	w.text = append(w.text, b...)
	w.text = w.text[max(len(w.text)-enough, 0):]
	return len(b), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(string(w.text))
}
