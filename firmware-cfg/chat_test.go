package firmwarecfg

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestChat(t *testing.T) {
	h, err := LoadHQ(write(t, smallHQ+`chat:
  zalo: {app_id: "123", paid_for: 168h, token_errors: [-216]}
  shops:
    - {shop: shop-1, name: Sài Gòn 1, hours: ["mon-sat 09:00-21:30", "sun 10:00-20:00"]}
`), nil)
	require.NoError(t, err)
	require.Equal(t, 7*24*time.Hour, h.Chat.Zalo.PaidFor)
	require.Equal(t, []int{-216}, h.Chat.Zalo.KeyErrors)
	require.Equal(t, 8, h.Chat.Zalo.FreeCount)
	require.Len(t, h.Chat.Shops, 1)
	for bad, key := range map[string]string{
		"wechat: {kind: robot}":                                   "wechat.kind",
		"telegram: {api_url: \"http://api.example.com\"}":         "telegram.api_url",
		"replay_window: 1s":                                       "replay_window",
		"zalo: {free_messages: 0}":                                "zalo.free_messages",
		"zalo: {text_length: 100}":                                "zalo.text_length",
		"messenger: {title_length: 0}":                            "messenger.title_length",
		"messenger: {per_second: 0}":                              "messenger.per_second",
		"shops: [{shop: s, name: S, hours: [from nine to five]}]": "hours",
		"shops: [{shop: s, name: S}, {shop: s, name: T}]":         "twice",
		"shops: [{shop: s}]":                                      "name",
	} {
		_, err := LoadHQ(write(t, smallHQ+"chat:\n  "+bad+"\n"), nil)
		require.ErrorContains(t, err, key, bad)
	}
}

func TestChatSecrets(t *testing.T) {
	c := Chat{SecretsDir: t.TempDir()}
	got, err := c.Secret("telegram", "bot-token")
	require.NoError(t, err)
	require.Empty(t, got)
	require.NoError(t, os.WriteFile(filepath.Join(c.SecretsDir, "telegram-bot-token"), []byte("123:abc\n"), 0o600))
	got, err = c.Secret("telegram", "bot-token")
	require.NoError(t, err)
	require.Equal(t, "123:abc", got)
	t.Setenv("MIRRORCART_CHAT_TELEGRAM_BOT_TOKEN", "456:def")
	got, err = c.Secret("telegram", "bot-token")
	require.NoError(t, err)
	require.Equal(t, "456:def", got)
	require.NoError(t, os.Mkdir(filepath.Join(c.SecretsDir, "line-channel-secret"), 0o700))
	_, err = c.Secret("line", "channel-secret")
	require.ErrorContains(t, err, "line-channel-secret")
}
