package headquarters_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cmd/monitor"
	"github.com/mirrorcart/mirrorcart/cmd/process"
	"github.com/mirrorcart/mirrorcart/cmd/process/doortest"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// everything serves all that headquarters can.
func everything(t *testing.T) func(*firmwarecfg.HQ) {
	dir := t.TempDir()
	secret := func(name string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte("a secret of "+name), 0o600))
		return file
	}
	return func(cfg *firmwarecfg.HQ) {
		cfg.Payment.SePay.KeyFile, cfg.Payment.Casso.KeyFile = secret("sepay"), secret("casso")
		cfg.Payment.VietQR = firmwarecfg.VietQR{Username: "vietqr", PasswordFile: secret("vietqr")}
		cfg.PublicURL, cfg.Chat.SecretsDir = "https://cart.example.com", dir
		secret("telegram-webhook-secret")
		secret("telegram-bot-token")
	}
}

func TestEveryRouteOfHeadquartersProtectsWhoAsks(t *testing.T) {
	s := start(t, "127.0.0.1:0", everything(t))
	public, office := s.Routes()
	for name, door := range map[string]doortest.Door{"public": {URL: s.PublicURL(), Routes: public}, "office": {URL: s.OfficeURL(), Routes: office}} {
		t.Run(name, func(t *testing.T) {
			door.Headers(t)
			door.Strangers(t)
		})
	}
	watched := strings.TrimSuffix(s.MetricsURL(), monitor.MetricsPath)
	doortest.Door{URL: watched, Routes: monitor.Routes()}.Headers(t)
}

// locked is a buffer for many.
type locked struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

// Whatever people and machines send to headquarters, its log names nobody.
func TestNobodyIsInTheLog(t *testing.T) {
	var log locked
	s := startLogging(t, process.Log(&log, slog.LevelDebug), "127.0.0.1:0", everything(t))
	words := doortest.Personal()
	public, office := s.Routes()
	visitor := doortest.Visitor()
	defer visitor.CloseIdleConnections()
	doortest.Door{URL: s.PublicURL(), Routes: public, Client: visitor}.Entrust(t, words, nil)
	doortest.Door{URL: s.OfficeURL(), Routes: office, Client: visitor}.Entrust(t, words, nil)
	log.mu.Lock()
	defer log.mu.Unlock()
	require.Contains(t, log.String(), "a report of a chat app was refused")
	words.Absent(t, log.String())
}
