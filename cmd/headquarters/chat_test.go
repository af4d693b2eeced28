package headquarters_test

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/handoff"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// report reports to a chat app's address what somebody wrote.
func report(t *testing.T, s *headquarters.Server, app, secret, text string) int {
	t.Helper()
	body := fmt.Sprintf(`{"update_id":1,"message":{"date":%d,"from":{"id":7,"is_bot":false},"chat":{"id":7,"type":"private"},"text":%q}}`, time.Now().Unix(), text)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.PublicURL()+"/chat/"+app, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	return resp.StatusCode
}

func noSecrets(cfg *firmwarecfg.HQ) { cfg.Chat.SecretsDir = "/nowhere" }

func TestPeopleAreAnsweredInTheirChatApp(t *testing.T) {
	sent := make(chan string, 10)
	telegram := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent <- r.URL.Path + " " + string(body)
		fmt.Fprint(w, `{"ok":true}`)
	}))
	defer telegram.Close()
	s := start(t, "127.0.0.1:0", func(cfg *firmwarecfg.HQ) {
		cfg.PublicURL, cfg.Chat.Telegram.API, cfg.Chat.SecretsDir = "https://cart.example.com", telegram.URL, t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Chat.SecretsDir, "telegram-webhook-secret"), []byte("hook-secret"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Chat.SecretsDir, "telegram-bot-token"), []byte("123:abc\n"), 0o600))
	})
	require.Equal(t, http.StatusForbidden, report(t, s, "telegram", "wrong", "son bao nhiêu"))
	require.Equal(t, http.StatusNotFound, report(t, s, "line", "hook-secret", "son bao nhiêu"), "an app without secrets is served")
	require.Equal(t, http.StatusNotFound, status(t, s.OfficeURL()+"/chat/telegram"), "apps report at the public address alone")
	require.Equal(t, http.StatusOK, report(t, s, "telegram", "hook-secret", "giá son bao nhiêu"))
	require.Equal(t, http.StatusOK, status(t, s.OfficeURL()+"/chats"))
	require.Equal(t, http.StatusNotFound, status(t, start(t, "127.0.0.1:0", noSecrets).OfficeURL()+"/chats"), "a page for apps that are not served")
	select {
	case got := <-sent:
		require.Contains(t, got, "/bot123:abc/sendMessage")
		require.Contains(t, got, "₫", "no price of the catalogue")
	case <-time.After(2 * time.Minute):
		t.Fatal("nobody was answered")
	}
}

func TestChatAppWithSomeOfItsSecretsIsRefused(t *testing.T) {
	t.Setenv("MIRRORCART_CHAT_ZALO_OA_SECRET", "x")
	_, err := open(t, "", func(cfg *firmwarecfg.HQ) { cfg.Chat.SecretsDir = t.TempDir() })
	require.ErrorContains(t, err, "zalo has some of its secrets")
}

// A kiosk's link ties the person to the cart although headquarters has never
// heard of it.
func TestLinkOfAKioskOpensInTheChatApp(t *testing.T) {
	sent := make(chan string, 10)
	telegram := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent <- string(body)
		fmt.Fprint(w, `{"ok":true}`)
	}))
	defer telegram.Close()
	s := start(t, "127.0.0.1:0", func(cfg *firmwarecfg.HQ) {
		cfg.PublicURL, cfg.Chat.Telegram.API, cfg.Chat.SecretsDir = "https://cart.example.com", telegram.URL, t.TempDir()
		for name, secret := range map[string]string{"telegram-webhook-secret": "hook-secret", "telegram-bot-token": "123:abc"} {
			require.NoError(t, os.WriteFile(filepath.Join(cfg.Chat.SecretsDir, name), []byte(secret), 0o600))
		}
	})
	gateway := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	require.NoError(t, s.DB.Enrol(t.Context(), hq.Node{Node: "gw-1", Shop: "saigon-1", Key: gateway.Public().(ed25519.PublicKey)}))
	release, err := s.DB.Release(t.Context())
	require.NoError(t, err)
	now := time.Now().UTC().Truncate(time.Hour)
	cart := edge.NewCart(edge.CartID{7}, now.Add(24*time.Hour))
	_, err = cart.Add("g1", release.Variants[0].SKU, 3)
	require.NoError(t, err)
	token, err := handoff.Encode(gateway, cart, handoff.Meta{Writer: "g1", Release: release.Version, Issued: now, Expires: now.Add(24 * time.Hour)})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, report(t, s, "telegram", "hook-secret", "https://cart.example.com/c/"+token))
	select {
	case got := <-sent:
		require.Contains(t, got, "3 × "+release.Variants[0].Name.VI)
		require.Contains(t, got, "https://cart.example.com/c/"+token)
	case <-time.After(2 * time.Minute):
		t.Fatal("nobody was answered")
	}
	known, _, err := s.DB.Cart(t.Context(), cart.ID)
	require.NoError(t, err)
	require.NotNil(t, known.Opened, "the kiosk is not told that a phone has the cart")
}
