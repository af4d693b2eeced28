package firmwarecfg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Chat is how HQ talks with people in their chat apps. An app is served where it
// has its secrets, see Secret.
type Chat struct {
	SecretsDir string        `yaml:"secrets_dir" kind:"path"`
	Replay     time.Duration `yaml:"replay_window"` // the age up to which a signed report is taken
	WeChat     WeChat        `yaml:"wechat"`
	Zalo       Zalo          `yaml:"zalo"`
	Messenger  Messenger     `yaml:"messenger"`
	Telegram   Telegram      `yaml:"telegram"`
	Shops      []ChatShop    `yaml:"shops"`
}

// WeChat is a service account or a mini program.
type WeChat struct {
	Kind       string `yaml:"kind"` // service-account or mini-program
	AppID      string `yaml:"app_id"`
	TextBytes  int    `yaml:"text_bytes"` // of a message
	CardBytes  int    `yaml:"card_bytes"` // of the text of one with a link
	KeyErrors  []int  `yaml:"token_errors"`
	BusyErrors []int  `yaml:"busy_errors"`
	API        string `yaml:"api_url"`
	PerSecond  int    `yaml:"per_second"` // messages sent
}

// Zalo is an official account.
type Zalo struct {
	AppID      string        `yaml:"app_id"`
	FreeFor    time.Duration `yaml:"free_for"` // after the person's message
	FreeCount  int           `yaml:"free_messages"`
	PaidFor    time.Duration `yaml:"paid_for"` // after the person's message, against the paid quota; 0 never
	KeyErrors  []int         `yaml:"token_errors"`
	BusyErrors []int         `yaml:"busy_errors"`
	TextLength int           `yaml:"text_length"` // characters of a message
	API        string        `yaml:"api_url"`
	OAuth      string        `yaml:"oauth_url"`
	PerSecond  int           `yaml:"per_second"`
}

// Messenger is a Facebook page.
type Messenger struct {
	Page        string `yaml:"page"`         // its id
	TextLength  int    `yaml:"text_length"`  // characters of a message
	CardLength  int    `yaml:"card_length"`  // of the text of one with a button
	TitleLength int    `yaml:"title_length"` // of the button
	API         string `yaml:"api_url"`
	PerSecond   int    `yaml:"per_second"`
}

// Telegram is a bot.
type Telegram struct {
	Window     time.Duration `yaml:"window"`      // after the person's message; 0 for ever
	TextLength int           `yaml:"text_length"` // characters of a message
	API        string        `yaml:"api_url"`
	PerSecond  int           `yaml:"per_second"`
}

// ChatShop is what people ask about a shop.
type ChatShop struct {
	Shop    string   `yaml:"shop"`
	Name    string   `yaml:"name"`
	Address string   `yaml:"address"`
	Hours   []string `yaml:"hours"` // as mon-fri 09:00-21:30
}

func defaultChat() Chat {
	const day = 24 * time.Hour
	return Chat{
		SecretsDir: "/etc/mirrorcart/chat", Replay: 10 * time.Minute, Shops: []ChatShop{},
		WeChat: WeChat{
			Kind: "service-account", TextBytes: 2048, CardBytes: 1024, KeyErrors: []int{40001, 40014, 42001}, BusyErrors: []int{-1, 45009, 45011},
			API: "https://api.weixin.qq.com", PerSecond: 20,
		},
		Zalo: Zalo{
			FreeFor: 2 * day, FreeCount: 8, KeyErrors: []int{-216, -201}, BusyErrors: []int{-32, -200}, TextLength: 2000,
			API: "https://openapi.zalo.me", OAuth: "https://oauth.zaloapp.com", PerSecond: 20,
		},
		Messenger: Messenger{TextLength: 2000, CardLength: 640, TitleLength: 20, API: "https://graph.facebook.com/v23.0", PerSecond: 20},
		Telegram:  Telegram{TextLength: 4096, API: "https://api.telegram.org", PerSecond: 25},
	}
}

var hoursForm = regexp.MustCompile(`^[a-z]{3}(-[a-z]{3})? [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$`)

func (h *Chat) check(c *checker) {
	c.path("chat.secrets_dir", h.SecretsDir)
	c.that("chat.replay_window", h.Replay >= time.Minute && h.Replay <= 24*time.Hour, "%s is out of range: use 1m to 24h", h.Replay)
	c.that("chat.wechat.kind", h.WeChat.Kind == "service-account" || h.WeChat.Kind == "mini-program", "%q is no kind: write service-account or mini-program", h.WeChat.Kind)
	for name, api := range map[string]string{
		"wechat.api_url": h.WeChat.API, "zalo.api_url": h.Zalo.API, "zalo.oauth_url": h.Zalo.OAuth,
		"messenger.api_url": h.Messenger.API, "telegram.api_url": h.Telegram.API,
	} {
		c.that("chat."+name, api != "", "the address is missing")
		c.web("chat."+name, api)
	}
	for name, n := range map[string]int{"wechat": h.WeChat.PerSecond, "zalo": h.Zalo.PerSecond, "messenger": h.Messenger.PerSecond, "telegram": h.Telegram.PerSecond} {
		c.between("chat."+name+".per_second", n, 1, 1000)
	}
	for name, n := range map[string]int{
		"wechat.text_bytes": h.WeChat.TextBytes, "wechat.card_bytes": h.WeChat.CardBytes, "zalo.text_length": h.Zalo.TextLength,
		"messenger.text_length": h.Messenger.TextLength, "messenger.card_length": h.Messenger.CardLength, "telegram.text_length": h.Telegram.TextLength,
	} {
		c.between("chat."+name, n, 300, 100_000)
	}
	c.between("chat.messenger.title_length", h.Messenger.TitleLength, 1, 100)
	c.that("chat.zalo.free_for", h.Zalo.FreeFor > 0, "%s: without free messages nobody is answered", h.Zalo.FreeFor)
	c.between("chat.zalo.free_messages", h.Zalo.FreeCount, 1, 1000)
	c.that("chat.zalo.paid_for", h.Zalo.PaidFor >= 0, "%s is below nothing", h.Zalo.PaidFor)
	c.that("chat.telegram.window", h.Telegram.Window >= 0, "%s is below nothing", h.Telegram.Window)
	seen := map[string]bool{}
	for i, s := range h.Shops {
		c.name(key("chat.shops", i, "shop"), s.Shop)
		c.that(key("chat.shops", i, "shop"), !seen[s.Shop], "%q is there twice", s.Shop)
		seen[s.Shop] = true
		c.text(key("chat.shops", i, "name"), s.Name)
		c.that(key("chat.shops", i, "address"), len(s.Address) <= 200, "it is longer than 200 bytes")
		for _, l := range s.Hours {
			c.that(key("chat.shops", i, "hours"), hoursForm.MatchString(l), "%q: write e.g. mon-fri 09:00-21:30, or sun 10:00-18:00", l)
		}
	}
}

// Secret reads a secret of an app, such as app-secret of zalo: from the variable
// MIRRORCART_CHAT_ZALO_APP_SECRET, else from the file zalo-app-secret in
// SecretsDir. It is empty where there is neither.
func (h *Chat) Secret(app, name string) (string, error) {
	file := app + "-" + name
	if s := os.Getenv("MIRRORCART_CHAT_" + strings.ToUpper(strings.ReplaceAll(file, "-", "_"))); s != "" {
		return s, nil
	}
	b, err := readSmall(filepath.Join(h.SecretsDir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("chat: secret %s: %w", file, err)
	}
	return strings.TrimSpace(string(b)), nil
}
