package headquarters_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
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

// What is tried at headquarters' doors stands in the log of acts, once for however
// often, and nothing of who it was.
func TestRefusalsAreActs(t *testing.T) {
	s := start(t, "127.0.0.1:0", everything(t))
	_, err := s.DB.Accounts().Add(t.Context(), "test", "mai", account.Roles()[0])
	require.NoError(t, err)
	visitor := doortest.Visitor()
	defer visitor.CloseIdleConnections()
	try := func(url string, header ...string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("name=lan&password=guessed"))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := visitor.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	for range 3 {
		require.Equal(t, http.StatusUnauthorized, try(s.OfficeURL()+"/sign-in"))
		require.Equal(t, http.StatusUnauthorized, try(s.OfficeURL()+"/v1/shops/x/pulls", "Authorization", "Bearer guessed"))
		require.Equal(t, http.StatusUnauthorized, try(s.PublicURL()+"/bank/sepay", "Authorization", "Apikey guessed"))
		require.Equal(t, http.StatusForbidden, try(s.PublicURL()+"/chat/telegram", "X-Telegram-Bot-Api-Secret-Token", "guessed"))
		require.Equal(t, http.StatusForbidden, try(s.OfficeURL()+"/sign-in", "Origin", "https://evil.example"))
	}
	var acts []account.Act
	require.Eventually(t, func() bool {
		var err error
		acts, err = s.DB.Accounts().Acts(t.Context(), 0, 100)
		require.NoError(t, err)
		return len(acts) >= 4
	}, patience, 10*time.Millisecond)
	found := map[string]account.Act{}
	for _, a := range acts {
		require.Equal(t, a.What != "person.add", a.State == account.ActRefused && a.By == "")
		found[a.What] = a
	}
	require.Len(t, acts, 4, "%+v", acts)
	require.Equal(t, "/sign-in", found["refused.password"].Subject)
	require.Equal(t, "/v1/shops/:shop/pulls", found["refused.key"].Subject)
	require.Equal(t, "/sign-in", found["refused.site"].Subject)
	doortest.Personal().Absent(t, fmt.Sprintf("%+v", acts))
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

func (l *locked) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.String(), text)
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
