package handoff

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func readerOf(t testing.TB, apps ...App) *Links {
	cfg := testConfig()
	cfg.HQ, cfg.Apps = publicOf(testKey(9)), apps
	links, err := NewLinks(cfg)
	require.NoError(t, err)
	return links
}

// Whatever way a cart left by, what the shopper shows at the till names it.
func TestReadKnowsEveryWay(t *testing.T) {
	links := readerOf(t, App{App: "zalo", ID: "4413352218744223"}, App{App: "telegram", ID: "mirrorcart_bot"},
		App{App: "whatsapp", ID: "84912345678"}, App{App: "wechat-scheme", ID: "wx0123456789abcdef"})
	cart := cartOf(t, 3)
	cart.Links = 2
	for _, app := range []edge.App{edge.Web, "zalo", "telegram", "whatsapp", "wechat-scheme"} {
		link, err := links.Link(t.Context(), cart, app)
		require.NoError(t, err)
		for _, text := range []string{link.URL, " " + link.URL + "#photo=abc\r\n"} {
			name, err := links.Read(text)
			require.NoError(t, err, app)
			if link.Mode == edge.LinkCode {
				require.Equal(t, &edge.CartName{Code: cart.Code()}, name, app)
			} else {
				require.Equal(t, &edge.CartName{ID: &cart.ID, Links: 2}, name, app)
			}
		}
	}
	for _, text := range []string{cart.Code(), strings.ToLower(cart.Code()), strings.ReplaceAll(cart.Code(), "-", " "), "https://m.me/x?ref=" + cart.Code()} {
		name, err := links.Read(text)
		require.NoError(t, err, text)
		require.Equal(t, cart.Code(), name.Code)
	}
}

func TestReadRefuses(t *testing.T) {
	links := readerOf(t)
	cart := cartOf(t, 3)
	ours, err := links.Link(t.Context(), cart, edge.Web)
	require.NoError(t, err)
	other := testConfig()
	other.Key = testKey(2)
	others, err := NewLinks(other)
	require.NoError(t, err)
	theirs, err := others.Link(t.Context(), cart, edge.Web)
	require.NoError(t, err)
	old := testConfig()
	old.Now = func() time.Time { return noon.Add(25 * time.Hour) }
	late, err := NewLinks(old)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		links *Links
		text  string
		kind  edge.Kind
	}{
		"nothing":          {links, "", edge.Invalid},
		"a product's code": {links, "8930000000019", edge.Invalid},
		"another page":     {links, "https://example.com/", edge.Invalid},
		"too long":         {links, strings.Repeat("A", 3*MaxToken), edge.Invalid},
		"changed":          {links, strings.Replace(ours.URL, ours.Token[20:24], "AAAA", 1), edge.Invalid},
		"another shop's":   {links, theirs.URL, edge.NotFound},
		"expired":          {late, ours.URL, edge.Expired},
	} {
		_, err := c.links.Read(c.text)
		require.Equal(t, c.kind, edge.KindOf(err), "%s: %v", name, err)
	}
}

func FuzzRead(f *testing.F) {
	links := readerOf(f)
	cart := edge.NewCart(cartID, noon.Add(time.Hour))
	for _, app := range []edge.App{edge.Web} {
		link, err := links.Link(f.Context(), cart, app)
		require.NoError(f, err)
		f.Add(link.URL)
	}
	f.Add(shortToken(f, testShort()))
	f.Add(cart.Code())
	f.Add("%%%&?/=")
	f.Add("://")
	f.Fuzz(func(t *testing.T, text string) {
		name, err := links.Read(text)
		if (name == nil) == (err == nil) {
			t.Fatalf("%q: %v and %v", text, name, err)
		}
		if err == nil && name.ID == nil {
			if code, ok := edge.ParseCode(name.Code); !ok || code != name.Code {
				t.Fatalf("%q: code %q", text, name.Code)
			}
		}
	})
}
