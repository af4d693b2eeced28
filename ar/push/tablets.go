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
	// maxTablets bounds how many are enrolled at once.
	maxTablets = 64

	invitePrefix, tabletPrefix = "invite-", "tablet-"
)

// Why a code enrols no tablet. Whatever else Enrol says is the machine's fault,
// not the code's.
var (
	ErrWrongCode = errors.New("the code is wrong or was used: make a new one with `edge tablet` and open the address that it prints")
	ErrOldCode   = errors.New("the code is older than 10 minutes: make a new one with `edge tablet` and open the address that it prints")
	ErrFull      = fmt.Errorf("%d tablets are enrolled already: forget them with `edge tablet --forget`, and enrol those anew that are in use", maxTablets)
)

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
	return code, t.note(code)
}

// Enrol takes a code in exchange for the cookie that the tablet's browser is to
// keep. A code works once. secure says that it came over TLS.
func (t *Tablets) Enrol(code string, secure bool) (*http.Cookie, error) {
	invite := t.path(invitePrefix, strings.ToUpper(strings.TrimSpace(code)))
	st, err := os.Stat(invite)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrWrongCode
	case err != nil:
		return nil, fmt.Errorf("tablets: look for the code: %w", err)
	}
	if age := t.now().Sub(st.ModTime()); age > inviteLife || age < -inviteLife {
		return nil, ErrOldCode
	}
	enrolled, err := filepath.Glob(filepath.Join(t.dir, tabletPrefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("tablets: count: %w", err)
	}
	if len(enrolled) >= maxTablets {
		return nil, ErrFull
	}
	secret := rand.Text()                                            // 128 bits
	switch err := os.Rename(invite, t.path(tabletPrefix, secret)); { // whoever renames it has it
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrWrongCode
	case err != nil:
		return nil, fmt.Errorf("tablets: enrol: %w", err)
	}
	return &http.Cookie{
		Name: cookieName, Value: secret, Path: "/kiosk/v1/camera", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	}, nil
}

// Enrolled reports whether r comes from an enrolled tablet.
func (t *Tablets) Enrolled(r *http.Request) (bool, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return false, nil // it has none
	}
	_, err = os.Stat(t.path(tabletPrefix, c.Value))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("tablets: %w", err)
	}
	return err == nil, nil
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

// note leaves an empty file for a code: its name and its time say all.
func (t *Tablets) note(code string) error {
	now, path := t.now(), t.path(invitePrefix, code)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("tablets: %w", err)
	}
	if err := os.Chtimes(path, now, now); err != nil {
		return fmt.Errorf("tablets: %w", err)
	}
	return nil
}
