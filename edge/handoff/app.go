package handoff

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// App says how a merchant's links into one chat app look. All but ID has a
// default: what that app documents, or what is seen to work.
type App struct {
	App edge.App
	ID  string // the merchant's name in the app
	// Link is the address with {token}, {short} or {code} where the cart goes.
	// {id} stands for ID, {base} for HQ's public address.
	Link string
	// Longest is how many characters the whole link may have; 0 for as many as a
	// QR code holds.
	Longest int
}

// kind is what is known of an app.
type kind struct {
	app     edge.App
	brand   string // apps of one brand are one thing to a shopper
	id      *regexp.Regexp
	link    string
	longest int // characters of the link, 0 for any
	room    int // characters of the token, 0 for any
}

// kinds are the ways into each app, of one brand the better one first: what
// carries the cart before what only names it.
func kinds() []kind {
	word := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`^` + pattern + `$`) }
	return []kind{
		// The mini program opens by the rule for ordinary links; whoever has none
		// of it gets the page at the same address.
		// developers.weixin.qq.com/miniprogram/en/introduction/qrcode.html
		{app: "wechat", brand: "wechat", link: "{base}/c/{token}"},
		// The plain scheme; iPhones open it from their camera.
		// developers.weixin.qq.com/community/develop/doc/00024e32cbc36055c0c0a34b066401
		{
			app: "wechat-scheme", brand: "wechat", id: word(`wx[0-9a-f]{16}`), room: 1022,
			link: "weixin://dl/business/?appid={id}&path=pages/cart/cart&query=c%3D{token}&env_version=release",
		},
		// What a mini-program code says: at most 32 characters. Its picture is
		// made by the merchant's server beforehand, so this is no link.
		// developers.weixin.qq.com/miniprogram/dev/server/API/qrcode-link/qr-code/api_getunlimitedqrcode
		{app: WeChatScene, id: word(`wx[0-9a-f]{16}`), link: "{short}", longest: 32},
		// How long a link may be is not documented.
		// miniapp.zaloplatforms.com/documents/intro/mini-app-navigation-mechanisms
		{app: "zalo", brand: "zalo", id: word(`[0-9]{5,24}`), link: "https://zalo.me/s/{id}/?c={token}", longest: 300},
		// An official account takes no parameter: the shopper sends the code.
		{app: "zalo-oa", brand: "zalo", id: word(`[0-9]{5,24}`), link: "https://zalo.me/{id}"},
		// developers.facebook.com/docs/messenger-platform/discovery/m-me-links
		{app: "messenger", brand: "messenger", id: word(`[A-Za-z0-9.]{1,80}`), link: "https://m.me/{id}?ref={token}", room: 2083},
		// docs.telegram-mini-apps.com/platform/start-parameter
		{app: "telegram-app", brand: "telegram", id: word(`[A-Za-z0-9_]{4,32}/[A-Za-z0-9_]{3,30}`), link: "https://t.me/{id}?startapp={token}", room: 512},
		// core.telegram.org/api/links: 1 to 64 characters
		{app: "telegram", brand: "telegram", id: word(`[A-Za-z0-9_]{4,32}`), link: "https://t.me/{id}?start={short}"},
		// A draft that the shopper sends, and may change.
		{app: "whatsapp", brand: "whatsapp", id: word(`[1-9][0-9]{6,14}`), link: "https://wa.me/{id}?text=Gio%20hang%20{code}"},
		// developers.line.biz/en/docs/liff/opening-liff-app/
		{app: "line", brand: "line", id: word(`[0-9]{5,15}-[A-Za-z0-9]{4,16}`), link: "https://liff.line.me/{id}?c={token}"},
		// viber:// is behind https, since not every camera opens a scheme.
		{app: "viber", brand: "viber", id: word(`[A-Za-z0-9_-]{1,64}`), link: "{base}/to/viber?chatURI={id}&context={token}"},
		{app: edge.Web, brand: string(edge.Web), link: "{base}/c/{token}"},
	}
}

// WeChatScene is no app of its own: its link is the scene of a WeChat
// mini-program code.
const WeChatScene edge.App = "wechat-scene"

// way is a configured app.
type way struct {
	kind
	mode       edge.LinkMode
	head, tail string // the link around what names the cart
	named      bool   // it does
}

// newWay fills in what the setting leaves out.
func newWay(a App, base string) (way, error) {
	const op = "handoff.NewLinks"
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.app == a.App })
	if i < 0 {
		names := make([]string, len(all))
		for i, k := range all {
			names[i] = string(k.app)
		}
		return way{}, edge.Errorf(op, edge.Invalid, "app %.30q is not known: use %s", a.App, strings.Join(names, ", "))
	}
	w := way{kind: all[i]}
	if w.id != nil && !w.id.MatchString(a.ID) || w.id == nil && a.ID != "" {
		return way{}, edge.Errorf(op, edge.Invalid, "%s: id %.90q is not of its form: copy it from the app's console", a.App, a.ID)
	}
	w.link, w.longest = cmp.Or(a.Link, w.link), cmp.Or(a.Longest, w.longest)
	link := strings.NewReplacer("{base}", base, "{id}", a.ID).Replace(w.link)
	parts := regexp.MustCompile(`^([!-z|~]*)(\{token\}|\{short\}|\{code\}|$)([!-z|~]*)$`).FindStringSubmatch(link)
	if parts == nil || w.longest < 0 {
		return way{}, edge.Errorf(op, edge.Invalid, "%s: link %.200q: want an address with one of {token}, {short} and {code}, without blanks", a.App, w.link)
	}
	w.head, w.named, w.tail = parts[1], parts[2] != "", parts[3]
	switch parts[2] {
	case "{token}":
		w.mode = edge.LinkSigned
	case "{short}":
		w.mode = edge.LinkShort
	default: // where nothing names the cart, the shopper sends the code
		w.mode = edge.LinkCode
	}
	return w, nil
}

// around is the link that names the cart so; "" where it is too long for the
// app, or for a QR code.
func (w *way) around(name string) string {
	room := w.room == 0 || len(name) <= w.room
	if !w.named {
		name = ""
	}
	link := w.head + name + w.tail
	if !room || len(link) > capacityL || w.longest > 0 && len(link) > w.longest {
		return ""
	}
	return link
}
