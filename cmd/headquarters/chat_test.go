package headquarters_test

import (
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

	"github.com/mirrorcart/mirrorcart/cmd/headquarters"
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
	case <-time.After(30 * time.Second):
		t.Fatal("nobody was answered")
	}
}

func TestChatAppWithSomeOfItsSecretsIsRefused(t *testing.T) {
	t.Setenv("MIRRORCART_CHAT_ZALO_OA_SECRET", "x")
	_, err := open(t, "", func(cfg *firmwarecfg.HQ) { cfg.Chat.SecretsDir = t.TempDir() })
	require.ErrorContains(t, err, "zalo has some of its secrets")
}
