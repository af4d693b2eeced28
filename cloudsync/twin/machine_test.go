package twin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/twin"
	"github.com/mirrorcart/mirrorcart/edge"
)

// machine applies whatever it is given, and does not work with what says broken.
type machine struct {
	t *testing.T

	mu     sync.Mutex
	status twin.Status
	taken  []string // what was in the files
}

func newMachine(t *testing.T) *machine {
	return &machine{t: t, status: twin.Status{State: cloudsync.BundleNone}}
}

func (m *machine) Verify(_ context.Context, file string) error {
	if b := m.read(file); bytes.Contains(b, []byte("forged")) {
		return &twin.Refused{Reason: "tampered", Message: "a signature does not fit"}
	}
	return nil
}

func (m *machine) Take(_ context.Context, file string) error {
	b := m.read(file)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taken = append(m.taken, string(b))
	m.status = twin.Status{Running: m.status.Running, Bundle: sha256.Sum256(b), State: cloudsync.BundleStaged}
	return nil
}

func (m *machine) Status(context.Context) (twin.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, nil
}

// work takes what was given to its end.
func (m *machine) work() {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch last := m.taken; {
	case m.status.State == cloudsync.BundleStaged:
		m.status.State = cloudsync.BundleProbation
	case m.status.State != cloudsync.BundleProbation:
	case bytes.Contains([]byte(last[len(last)-1]), []byte("broken")):
		m.status.State, m.status.Reason, m.status.Message = cloudsync.BundleRolledBack, "camera", "no frame came"
	default:
		m.status.State, m.status.Running = cloudsync.BundleCommitted, int64(last[len(last)-1][0]-'0')
	}
}

func (m *machine) running() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status.Running
}

func (m *machine) read(file string) []byte {
	b, err := os.ReadFile(file)
	require.NoError(m.t, err)
	return b
}

// shelf is where agents fetch bundles.
type shelf struct {
	dir  string
	down bool
}

func (s *shelf) put(t *testing.T, body string) *cloudsync.BundleRef {
	sum := edge.Hash(sha256.Sum256([]byte(body)))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, sum.String()), []byte(body), 0o600))
	return &cloudsync.BundleRef{Version: int64(body[0] - '0'), SHA256: sum, Size: int64(len(body))}
}

func (s *shelf) fetch(_ context.Context, sum edge.Hash, _ int64) (string, error) {
	if s.down {
		return "", errors.New("the line is down")
	}
	return filepath.Join(s.dir, sum.String()), nil
}
