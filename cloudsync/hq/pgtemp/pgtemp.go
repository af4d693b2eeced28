// Package pgtemp runs a PostgreSQL server of one's own in a temporary folder,
// reached over a Unix socket only, for tests and measurements. It has the
// settings of a fresh installation: what it commits is on disk.
package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that PostgreSQL is not installed here.
var ErrMissing = errors.New("PostgreSQL is not installed: apt-get install postgresql")

const startWithin = 60 * time.Second

// Server is a server that runs or was killed.
type Server struct {
	dir     string
	program string
	as      *syscall.Credential
	cmd     *exec.Cmd
	exited  chan struct{}
}

// Start makes a server and waits until it answers. Its error wraps ErrMissing
// where there is no PostgreSQL. It ends with Stop, or with this process.
func Start(ctx context.Context) (_ *Server, err error) {
	const op = "pgtemp.Start"
	bin, err := programs()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	dir, err := os.MkdirTemp("", "pg") // a socket's path must be short
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	s := &Server{dir: dir, program: filepath.Join(bin, "postgres")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.as, err = s.owner(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--no-locale", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = &syscall.SysProcAttr{Credential: s.as}, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: initdb: %w: %s", op, err, out)
	}
	if err := s.Restart(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Restart starts the server after Kill, and waits until it answers.
func (s *Server) Restart(ctx context.Context) error {
	const op = "pgtemp.Restart"
	if err := s.run(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if err := s.answers(ctx); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// Kill ends the server as a failure would: it must recover when it is started
// again.
func (s *Server) Kill() error { return s.end(syscall.SIGQUIT) }

// end tells the server to end, and waits until it has.
func (s *Server) end(how os.Signal) error {
	if err := s.cmd.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("pgtemp: end the server: %w", err)
	}
	<-s.exited
	return nil
}

// programs finds the folder of PostgreSQL's programs; Debian keeps it off the PATH.
func programs() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// owner is who runs the server: PostgreSQL refuses to run as root, so there it
// is the user that its package made.
func (s *Server) owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uerr, gerr, os.Chown(s.dir, int(uid), int(gid))); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// run starts the server from a thread that lives as long as it does: the kernel
// ends a child with the thread that started it.
func (s *Server) run() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.program, "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=") //nolint:noctx // ends by Stop
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	started, exited := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.cmd, s.exited = cmd, exited
	return nil
}

func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		db, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return db.Close(ctx)
		}
		select {
		case <-s.exited:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server ended: %s", log)
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", startWithin, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the address of a database of the server.
func (s *Server) URL(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}).String()
}

// Create makes an empty database and returns its address.
func (s *Server) Create(ctx context.Context, database string) (string, error) {
	db, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("pgtemp.Create: %w", err)
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "create database "+pgx.Identifier{database}.Sanitize()); err != nil {
		return "", fmt.Errorf("pgtemp.Create: %w", err)
	}
	return s.URL(database), nil
}

// Stop ends the server and deletes its folder.
func (s *Server) Stop() error {
	if s.cmd != nil {
		if err := s.end(syscall.SIGINT); err != nil {
			return err
		}
	}
	return os.RemoveAll(s.dir)
}
