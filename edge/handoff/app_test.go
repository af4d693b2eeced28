package handoff

import (
	"crypto/rand"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// everyApp is a merchant who is everywhere.
func everyApp() []App {
	return []App{
		{App: "zalo", ID: "4413352218744223"},
		{App: "zalo-oa", ID: "1234567890123456789"},
		{App: "wechat"},
		{App: "wechat-scheme", ID: "wx0123456789abcdef"},
		{App: WeChatScene, ID: "wx0123456789abcdef"},
		{App: "messenger", ID: "mirrorcart.vn"},
		{App: "telegram-app", ID: "mirrorcart_bot/cart"},
		{App: "telegram", ID: "mirrorcart_bot"},
		{App: "whatsapp", ID: "84912345678"},
		{App: "line", ID: "1655083896-mNqKV6LR"},
		{App: "viber", ID: "mirrorcart"},
	}
}

func everyLink(t *testing.T, spoil ...func(*Config)) *Links {
	cfg := testConfig()
	cfg.Apps, cfg.HQ = everyApp(), publicOf(testKey(9))
	for _, s := range spoil {
		s(&cfg)
	}
	links, err := NewLinks(cfg)
	require.NoError(t, err)
	return links
}

// Each app's link as the platform documents it, around what names the cart.
func TestLinksOfEveryApp(t *testing.T) {
	const token, code = `([A-Za-z0-9_-]+)`, `([0-9A-Z]{5}-[0-9A-Z]{5})`
	tests := []struct {
		app     edge.App
		mode    edge.LinkMode
		form    string
		longest int // characters of the link
		room    int // of what names the cart
	}{
		{edge.Web, edge.LinkSigned, `https://cart\.example\.vn/c/` + token, 300, 2048},
		{"wechat", edge.LinkSigned, `https://cart\.example\.vn/c/` + token, 300, 2048},
		{"wechat-scheme", edge.LinkSigned, `weixin://dl/business/\?appid=wx0123456789abcdef&path=pages/cart/cart&query=c%3D` + token + `&env_version=release`, 2000, 1022},
		{WeChatScene, edge.LinkShort, token, 32, 32},
		{"zalo", edge.LinkSigned, `https://zalo\.me/s/4413352218744223/\?c=` + token, 299, 2048},
		{"zalo-oa", edge.LinkCode, `https://zalo\.me/1234567890123456789`, 300, 0},
		{"messenger", edge.LinkSigned, `https://m\.me/mirrorcart\.vn\?ref=` + token, 3000, 2083},
		{"telegram", edge.LinkShort, `https://t\.me/mirrorcart_bot\?start=` + token, 300, 64},
		{"telegram-app", edge.LinkSigned, `https://t\.me/mirrorcart_bot/cart\?startapp=` + token, 3000, 512},
		{"whatsapp", edge.LinkCode, `https://wa\.me/84912345678\?text=Gio%20hang%20` + code, 300, 11},
		{"line", edge.LinkSigned, `https://liff\.line\.me/1655083896-mNqKV6LR\?c=` + token, 300, 2048},
		{"viber", edge.LinkSigned, `https://cart\.example\.vn/to/viber\?chatURI=mirrorcart&context=` + token, 300, 2048},
	}
	links := everyLink(t)
	cart := variedCart(t, 5)
	for _, tt := range tests {
		t.Run(string(tt.app), func(t *testing.T) {
			link, err := links.Link(t.Context(), cart, tt.app)
			require.NoError(t, err)
			require.Equal(t, tt.app, link.App)
			require.Equal(t, tt.mode, link.Mode)
			require.Equal(t, cart.Code(), link.Code)
			require.Equal(t, noon.Add(24*time.Hour), link.Expires)
			named := regexp.MustCompile(`^` + tt.form + `$`).FindStringSubmatch(link.URL)
			require.NotNil(t, named, link.URL)
			require.LessOrEqual(t, len(link.URL), tt.longest)
			_, err = url.Parse(link.URL)
			require.NoError(t, err)
			switch tt.mode {
			case edge.LinkSigned:
				require.Equal(t, link.Token, named[1])
				require.LessOrEqual(t, len(named[1]), tt.room)
				o, err := Decode(link.Token, enrolled(testKey(1)), noon)
				require.NoError(t, err)
				require.Equal(t, asJSON(t, cart), asJSON(t, o.Cart))
			case edge.LinkShort:
				require.Equal(t, link.Token, named[1])
				require.LessOrEqual(t, len(named[1]), tt.room)
				s, err := DecodeShort(link.Token, enrolled(testKey(1)), testKey(9), noon)
				require.NoError(t, err)
				require.Equal(t, cart.ID, s.Cart)
			case edge.LinkCode:
				require.Empty(t, link.Token)
				if tt.room > 0 {
					require.Equal(t, link.Code, named[1])
				}
			}
		})
	}
	require.Len(t, kinds(), len(tests), "every app is tested")
}

func TestOfferedApps(t *testing.T) {
	require.Equal(t, []edge.App{"zalo", "wechat", "messenger", "telegram-app", "whatsapp", "line", "viber", "web"}, everyLink(t).Apps(),
		"in the merchant's order, one of a brand, the browser last")
	require.Equal(t, []edge.App{"web"}, everyLink(t, func(c *Config) { c.Apps = nil }).Apps())
	require.Equal(t, []edge.App{"web", "zalo-oa"}, everyLink(t, func(c *Config) {
		c.Apps = []App{{App: "web"}, {App: "zalo-oa", ID: "12345"}}
	}).Apps())
	_, err := everyLink(t, func(c *Config) { c.Apps = nil }).Link(t.Context(), cartOf(t, 1), "zalo")
	require.Equal(t, edge.NotFound, edge.KindOf(err), "an app without an id is not offered")
}

func TestAppSettings(t *testing.T) {
	links := everyLink(t, func(c *Config) {
		c.Apps = []App{{App: "zalo", ID: "12345", Link: "https://zalo.example/{id}?k={short}"}, {App: "viber", ID: "shop", Link: "viber://pa?chatURI={id}&context={token}&text=hi"}}
	})
	link, err := links.Link(t.Context(), cartOf(t, 1), "zalo")
	require.NoError(t, err)
	require.Equal(t, "https://zalo.example/12345?k="+link.Token, link.URL)
	require.Len(t, link.Token, ShortLen)
	link, err = links.Link(t.Context(), cartOf(t, 1), "viber")
	require.NoError(t, err)
	require.Equal(t, "viber://pa?chatURI=shop&context="+link.Token+"&text=hi", link.URL)

	for name, apps := range map[string][]App{
		"unknown":          {{App: "icq", ID: "1"}},
		"without id":       {{App: "zalo"}},
		"an id of a sort":  {{App: "telegram", ID: "my bot"}},
		"an id too many":   {{App: "web", ID: "1"}},
		"an address as id": {{App: "messenger", ID: "https://m.me/shop"}},
		"twice":            {{App: "wechat"}, {App: "wechat"}},
		"blanks":           {{App: "wechat", Link: "https://a b/{token}"}},
		"two places":       {{App: "wechat", Link: "https://a/{token}{short}"}},
		"unknown place":    {{App: "wechat", Link: "https://a/{cart}"}},
		"below zero":       {{App: "wechat", Longest: -1}},
	} {
		cfg := testConfig()
		cfg.Apps, cfg.HQ = apps, publicOf(testKey(9))
		_, err := NewLinks(cfg)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
	cfg := testConfig()
	cfg.Apps = []App{{App: "telegram", ID: "mirrorcart_bot"}}
	_, err = NewLinks(cfg)
	require.ErrorContains(t, err, "hq.key", "nobody could open a short link")
}

// longCart has lines that nothing makes short.
func longCart(t testing.TB, lines int) *edge.Cart {
	c := edge.NewCart(cartID, noon)
	for range lines {
		_, err := c.Add(gateway, edge.SKU(rand.Text()), 1)
		require.NoError(t, err)
	}
	return c
}

// What an app has no room for is for the browser, and what a QR code has no room
// for says less of the cart; none of it ever takes a line away at HQ.
func TestCartsTooLongForTheirApp(t *testing.T) {
	links := everyLink(t)
	for _, tt := range []struct {
		lines   int
		app     edge.App
		partial bool
	}{
		{3, "zalo", false}, {15, edge.Web, false}, {100, edge.Web, true},
	} {
		cart := longCart(t, tt.lines)
		require.NoError(t, cart.SetQuantity(gateway, cart.Lines[1].ID, 0))
		link, err := links.Link(t.Context(), cart, "zalo")
		require.NoError(t, err)
		require.Equal(t, tt.app, link.App, "%d lines", tt.lines)
		require.Equal(t, tt.partial, link.Partial)
		_, err = QR(link.URL, 420)
		require.NoError(t, err)
		o, err := Decode(link.Token, enrolled(testKey(1)), noon)
		require.NoError(t, err)
		require.Equal(t, tt.partial, o.Partial)
		require.GreaterOrEqual(t, int(o.Cut), min(tt.lines, 20))
		require.Len(t, o.Cart.Lines, int(o.Cut))
		require.NoError(t, o.Cart.Merge(cart))
		require.Equal(t, quantities(cart), quantities(o.Cart), "what comes later is all there")
	}
	for _, most := range []int{213, 180, 150} {
		link, err := links.LinkWithin(t.Context(), longCart(t, 40), most)
		require.NoError(t, err)
		require.LessOrEqual(t, len(link.URL), most)
		require.True(t, link.Partial)
	}
	_, err := links.LinkWithin(t.Context(), longCart(t, 40), 100)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	_, err = everyLink(t, func(c *Config) { c.Base = "https://" + strings.Repeat("a", 900) }).Link(t.Context(), cartOf(t, 1), edge.Web)
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}
