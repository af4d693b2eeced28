// Package mosquitto runs the broker of a small chain as a process of one's own
// on a loopback port, for tests and measurements. It keeps nothing on disk, so
// that whatever it had is gone when it is killed.
package mosquitto

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrMissing says that Mosquitto is not installed here.
var ErrMissing = errors.New("the MQTT broker Mosquitto is not installed: apt-get install mosquitto")

const (
	startWithin = 30 * time.Second
	settings    = "listener %s %s\nset_tcp_nodelay true\npersistence false\nallow_anonymous true\nlog_type error\n"
)

// Broker is a Mosquitto that runs or was killed.
type Broker struct {
	addr, dir, program string
	kill               func()
	hup                func() error
}

// Start makes a broker on a free port, and waits until it listens. Each of more
// is a line of mosquitto.conf. Its error wraps ErrMissing where there is no
// Mosquitto. The broker ends with Stop, or with this process.
func Start(ctx context.Context, more ...string) (*Broker, error) {
	return StartWith(ctx, func(host, port string) string {
		return fmt.Sprintf(settings, port, host) + strings.Join(append(more, ""), "\n")
	})
}

// StartWith is Start with a whole mosquitto.conf, made for where it listens.
func StartWith(ctx context.Context, conf func(host, port string) string) (*Broker, error) {
	const op = "mosquitto.StartWith"
	program, err := find()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	dir, err := os.MkdirTemp("", "mosquitto")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	b := &Broker{dir: dir, program: program, kill: func() {}, hup: func() error { return os.ErrProcessDone }}
	if err = b.configure(ctx, conf); err == nil {
		err = b.Restart(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, errors.Join(err, b.Stop()))
	}
	return b, nil
}

// find looks where Debian keeps servers too, which is not on everybody's PATH.
func find() (string, error) {
	if program, err := exec.LookPath("mosquitto"); err == nil {
		return program, nil
	}
	const program = "/usr/sbin/mosquitto"
	if _, err := os.Stat(program); err != nil {
		return "", ErrMissing
	}
	return program, nil
}

func (b *Broker) configure(ctx context.Context, conf func(host, port string) string) error {
	const host = "127.0.0.1"
	port, err := freePort(ctx, host)
	if err != nil {
		return err
	}
	b.addr = net.JoinHostPort(host, port)
	return os.WriteFile(b.conf(), []byte(conf(host, port)), 0o600)
}

// freePort is below the ports that Linux gives to connections by itself (32768 and
// up): none of these takes it before the broker does, or while the broker is down.
func freePort(ctx context.Context, host string) (port string, err error) {
	var lc net.ListenConfig
	for range 100 {
		port = strconv.Itoa(20000 + rand.IntN(12000))
		var l net.Listener
		if l, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, port)); err == nil {
			return port, l.Close()
		}
	}
	return "", err
}

func (b *Broker) conf() string { return filepath.Join(b.dir, "mosquitto.conf") }

// Addr is where it listens, the same after each Restart.
func (b *Broker) Addr() string { return b.addr }

// Restart starts the broker after Kill, and waits until it listens.
func (b *Broker) Restart(ctx context.Context) error {
	const op = "mosquitto.Restart"
	cmd := exec.Command(b.program, "-c", b.conf()) //nolint:noctx // ends by Kill
	cmd.Dir, cmd.SysProcAttr = b.dir, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	exited, err := run(cmd)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	b.kill = func() {
		_ = cmd.Process.Kill() // an error says that it has ended
		<-exited
	}
	b.hup = func() error { return cmd.Process.Signal(syscall.SIGHUP) }
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		if listens(ctx, b.addr) {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("%s: it ended at once: %s", op, strings.TrimSpace(out.String()))
		case <-ctx.Done():
			b.Kill()
			return fmt.Errorf("%s: it does not listen on %s: %w", op, b.addr, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// run starts cmd from a thread that lives as long as it does: the kernel ends a
// child with the thread that started it.
func run(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	done, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended does not matter: it is told to, or told of
			close(done)
		}
	}()
	return done, <-started
}

func listens(ctx context.Context, addr string) bool {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Reload tells the broker to read its files again.
func (b *Broker) Reload() error { return b.hup() }

// Kill ends the broker as a failure would: nothing is saved.
func (b *Broker) Kill() { b.kill() }

// Stop ends the broker for good.
func (b *Broker) Stop() error {
	b.Kill()
	return os.RemoveAll(b.dir)
}
