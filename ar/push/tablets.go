package push

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
	"strings"
	"time"
)

const (
	// inviteLife is how long a tablet may be enrolled with a code.
	inviteLife = 10 * time.Minute
	// cookieLife is how long a tablet stays enrolled without being seen.
	cookieLife = 365 * 24 * time.Hour
	cookieName = "mirrorcart_tablet"

	invitePrefix, tabletPrefix = "invite-", "tablet-"
)

// ErrNotEnrolled refuses a tablet that nobody enrolled, or a code that is
// wrong, used or too old.
var ErrNotEnrolled = errors.New("this tablet is not enrolled, or the code is wrong, used or older than 10 minutes: make a new code with `edge tablet` and open the address that it prints")

// Tablets are those whose cameras a gateway takes. They are kept in a folder, a
// file each that is named for the hash of the tablet's secret, so that a command
// can invite one while the gateway runs, and that nobody who reads the folder
// can pass for one.
type Tablets struct {
	dir string
	now func() time.Time
}

// NewTablets keeps tablets in dir, which it makes; now is time.Now but in tests.
func NewTablets(dir string, now func() time.Time) (*Tablets, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tablets: %w", err)
	}
	return &Tablets{dir, now}, nil
}

// Invite makes a code that enrols one tablet within 10 minutes. Codes that are
// too old are cleared away.
func (t *Tablets) Invite() (code string, err error) {
	now := t.now()
	old, err := filepath.Glob(filepath.Join(t.dir, invitePrefix+"*"))
	if err != nil {
		return "", err
	}
	for _, path := range old {
		if st, err := os.Stat(path); err == nil && now.Sub(st.ModTime()) > inviteLife {
			if err := os.Remove(path); err != nil {
				return "", fmt.Errorf("tablets: clear old codes: %w", err)
			}
		}
	}
	code = rand.Text()[:16] // 80 bits
	return code, t.note(invitePrefix, code)
}

// Enrol takes a code in exchange for the cookie that the tablet's browser is to
// keep. A code works once. secure says that it came over TLS.
func (t *Tablets) Enrol(code string, secure bool) (*http.Cookie, error) {
	invite := t.path(invitePrefix, strings.ToUpper(strings.TrimSpace(code)))
	st, err := os.Stat(invite)
	if err != nil {
		return nil, ErrNotEnrolled
	}
	if err := os.Remove(invite); err != nil { // whoever removes it has it
		return nil, ErrNotEnrolled
	}
	if age := t.now().Sub(st.ModTime()); age > inviteLife || age < -inviteLife {
		return nil, ErrNotEnrolled
	}
	secret := rand.Text() // 128 bits
	if err := t.note(tabletPrefix, secret); err != nil {
		return nil, err
	}
	return &http.Cookie{
		Name: cookieName, Value: secret, Path: "/kiosk/v1/camera", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	}, nil
}

// Enrolled reports whether r comes from an enrolled tablet.
func (t *Tablets) Enrolled(r *http.Request) bool {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return false
	}
	_, err = os.Stat(t.path(tabletPrefix, c.Value))
	return err == nil
}

// Forget ends the enrolment of all tablets and codes, and says of how many.
func (t *Tablets) Forget() (n int, err error) {
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return 0, fmt.Errorf("tablets: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), tabletPrefix) && !strings.HasPrefix(e.Name(), invitePrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(t.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("tablets: %w", err)
		}
		if strings.HasPrefix(e.Name(), tabletPrefix) {
			n++
		}
	}
	return n, nil
}

func (t *Tablets) path(prefix, secret string) string {
	h := sha256.Sum256([]byte(secret))
	return filepath.Join(t.dir, prefix+hex.EncodeToString(h[:]))
}

// note leaves an empty file: its name and its time say all.
func (t *Tablets) note(prefix, secret string) error {
	now, path := t.now(), t.path(prefix, secret)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("tablets: %w", err)
	}
	if err := os.Chtimes(path, now, now); err != nil {
		return fmt.Errorf("tablets: %w", err)
	}
	return nil
}
