// Package enrol lets a browser in once and for long: a command on the gateway
// prints a code, and whoever shows it gets a cookie for it.
package enrol

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	// inviteLife is how long a browser may be enrolled with a code.
	inviteLife = 10 * time.Minute

	invitePrefix = "invite-"
)

// Config says what browsers are let in to.
type Config struct {
	Dir     string           // where they are kept; it is made
	Now     func() time.Time // time.Now but in tests
	Command string           // that makes codes, for what is told of wrong ones
	Kind    string           // of browsers, one word: tablet
	Path    string           // what they may ask for
	Life    time.Duration    // without being let in anew
	Most    int              // at the same time
}

// Book is who is enrolled. It is kept in a folder, a file for each that is named
// for the hash of its secret, so that a command can invite one while the gateway
// runs, and that nobody who reads the folder can pass for one.
type Book struct{ cfg Config }

// Open opens a book.
func Open(cfg Config) (*Book, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("enrolled %ss: %w", cfg.Kind, err)
	}
	return &Book{cfg}, nil
}

// Invite makes a code that enrols one browser within 10 minutes. Codes that are
// too old are cleared away.
func (b *Book) Invite() (code string, err error) {
	now := b.cfg.Now()
	old, err := b.list(invitePrefix)
	if err != nil {
		return "", err
	}
	for _, path := range old {
		if st, err := os.Stat(path); err == nil && now.Sub(st.ModTime()) > inviteLife {
			if err := os.Remove(path); err != nil {
				return "", fmt.Errorf("clear old codes: %w", err)
			}
		}
	}
	code = rand.Text()[:16] // 80 bits
	return code, b.note(b.path(invitePrefix, code))
}

// Enrol takes a code in exchange for the cookie that the browser is to keep. A
// code works once. secure says that it came over TLS. The code's own fault is an
// edge.Error of kind Unauthorized or Expired, too many browsers a Conflict.
func (b *Book) Enrol(code string, secure bool) (*http.Cookie, error) {
	const op = "enrol"
	invite := b.path(invitePrefix, strings.ToUpper(strings.TrimSpace(code)))
	wrong := edge.Errorf(op, edge.Unauthorized, "the code is wrong or was used: make a new one with `%s`", b.cfg.Command)
	st, err := os.Stat(invite)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrong
	case err != nil:
		return nil, fmt.Errorf("look for the code: %w", err)
	}
	if age := b.cfg.Now().Sub(st.ModTime()); age > inviteLife || age < -inviteLife {
		return nil, edge.Errorf(op, edge.Expired, "the code is older than 10 minutes: make a new one with `%s`", b.cfg.Command)
	}
	enrolled, err := b.enrolled()
	if err != nil {
		return nil, err
	}
	if len(enrolled) >= b.cfg.Most {
		return nil, edge.Errorf(op, edge.Conflict, "%d %ss are enrolled already: end that with `%s --forget`, and enrol those anew that are in use", b.cfg.Most, b.cfg.Kind, b.cfg.Command)
	}
	secret := rand.Text()                                              // 128 bits
	switch err := os.Rename(invite, b.path(b.cfg.Kind+"-", secret)); { // whoever renames it has it
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrong
	case err != nil:
		return nil, fmt.Errorf("enrol: %w", err)
	}
	if err := os.Chtimes(b.path(b.cfg.Kind+"-", secret), b.cfg.Now(), b.cfg.Now()); err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return &http.Cookie{
		Name: b.cookie(), Value: secret, Path: b.cfg.Path, MaxAge: int(b.cfg.Life.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	}, nil
}

// Waits reports whether somebody who has a code is expected.
func (b *Book) Waits() bool {
	codes, err := b.list(invitePrefix)
	return err == nil && slices.ContainsFunc(codes, func(path string) bool {
		st, err := os.Stat(path)
		return err == nil && b.cfg.Now().Sub(st.ModTime()) <= inviteLife
	})
}

// Enrolled reports whether r comes from an enrolled browser.
func (b *Book) Enrolled(r *http.Request) (bool, error) {
	c, err := r.Cookie(b.cookie())
	if err != nil {
		return false, nil // it has none
	}
	st, err := os.Stat(b.path(b.cfg.Kind+"-", c.Value))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("enrolled %ss: %w", b.cfg.Kind, err)
	}
	return err == nil && b.cfg.Now().Sub(st.ModTime()) <= b.cfg.Life, nil
}

// Forget ends the enrolment of all browsers and codes, and says of how many.
func (b *Book) Forget() (n int, err error) {
	codes, err := b.list(invitePrefix)
	if err != nil {
		return 0, err
	}
	enrolled, err := b.enrolled()
	if err != nil {
		return 0, err
	}
	for _, path := range append(codes, enrolled...) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("forget: %w", err)
		}
	}
	return len(enrolled), nil
}

func (b *Book) cookie() string { return "mirrorcart_" + b.cfg.Kind }

func (b *Book) enrolled() ([]string, error) { return b.list(b.cfg.Kind + "-") }

func (b *Book) list(prefix string) ([]string, error) {
	entries, err := os.ReadDir(b.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("enrolled %ss: %w", b.cfg.Kind, err)
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			paths = append(paths, filepath.Join(b.cfg.Dir, e.Name()))
		}
	}
	return paths, nil
}

func (b *Book) path(prefix, secret string) string {
	h := sha256.Sum256([]byte(secret))
	return filepath.Join(b.cfg.Dir, prefix+hex.EncodeToString(h[:]))
}

// note leaves an empty file: its name and its time say all.
func (b *Book) note(path string) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if err := os.Chtimes(path, b.cfg.Now(), b.cfg.Now()); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	return nil
}
