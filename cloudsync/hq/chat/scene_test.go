package chat

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// noon is when the tests happen, a Sunday.
var noon = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC) // 12:00 in Vietnam

var (
	cartID    = edge.CartID{1, 2, 3}
	goodToken = strings.Repeat("g", 32)
	lateToken = strings.Repeat("l", 32)
)

// doors opens carts like the phone's page does.
type doors struct{ hq *hq.HQ }

func (d doors) Open(ctx context.Context, token string) (*edge.Cart, string, uint32, error) {
	switch token {
	case goodToken:
		cart, node, err := d.hq.Cart(ctx, cartID)
		return cart, node, 0, err
	case lateToken:
		return nil, "", 0, edge.Errorf("doors", edge.Expired, "too late")
	}
	return nil, "", 0, edge.Errorf("doors", edge.Invalid, "no code of ours")
}

func (d doors) OpenCode(ctx context.Context, code string) (*edge.Cart, string, string, error) {
	cart, node, err := d.hq.Cart(ctx, cartID)
	if err == nil && cart.Code() != code {
		err = edge.Errorf("doors", edge.NotFound, "no cart has this code")
	}
	return cart, node, goodToken, err
}

// orderBook is what is known of the cart's orders.
type orderBook struct {
	mu   sync.Mutex
	list []talk.Order
}

func (b *orderBook) OrdersOfCart(context.Context, edge.CartID) ([]talk.Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]talk.Order(nil), b.list...), nil
}

// scene is a chat service with a real headquarters, a shop with a cart, and the
// apps' servers.
type scene struct {
	t       testing.TB
	hq      *hq.HQ
	gateway *hqtest.Gateway
	orders  *orderBook
	service *Service
	engine  *gin.Engine
	options Options
	path    string
	mu      sync.Mutex
	clock   time.Time
}

func (s *scene) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *scene) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func newScene(t testing.TB, change ...func(*Options)) *scene {
	t.Helper()
	gin.SetMode(gin.TestMode)
	s := &scene{t: t, clock: noon, orders: &orderBook{}, path: filepath.Join(t.TempDir(), "hq.db")}
	s.openHQ()
	require.NoError(t, s.hq.PutRelease(t.Context(), testRelease()))
	s.gateway = hqtest.NewGateway(t, s.hq, "gw1", "saigon-1")
	cart := edge.NewCart(cartID, noon.Add(time.Hour))
	_, err := cart.Add("g1", "LIP-VEL-01", 2)
	require.NoError(t, err)
	_, err = s.hq.OpenCart(t.Context(), cart, "gw1", false)
	require.NoError(t, err)
	s.gateway.Event(noon.Add(-time.Hour), edge.EventStock, edge.StockMove{SKU: "LIP-VEL-01", Delta: 7, Reason: edge.StockGoodsIn, Ref: "in-1", Staff: "mai", At: noon.Add(-time.Hour)})
	week, err := ParseHours([]string{"mon-sat 09:00-21:30", "sun 10:00-20:00"})
	require.NoError(t, err)
	s.options = Options{
		HQ: s.hq, Carts: doors{s.hq}, Orders: s.orders, Brand: "Gương Đẹp", Base: "https://cart.example.com", Now: s.now, NewID: uuid.NewString,
		Zone: time.FixedZone("ICT", 7*3600), Log: slog.New(slog.DiscardHandler),
		Shops: []Shop{{ID: "saigon-1", Name: "Sài Gòn 1", Address: "1 Lê Lợi", Hours: week}},
	}
	for _, f := range change {
		f(&s.options)
	}
	s.restart()
	return s
}

func (s *scene) openHQ() {
	s.hq = hqtest.Open(s.t, func(o *hq.Options) {
		o.Path, o.Now, o.Key = s.path, s.now, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	})
}

// restart makes the service anew, as after a crash of the program.
func (s *scene) restart() {
	s.options.HQ, s.options.Carts = s.hq, doors{s.hq}
	var err error
	s.service, err = New(s.options)
	require.NoError(s.t, err)
	s.engine = gin.New()
	s.service.Register(s.engine)
}

// run runs the service until stop is called.
func (s *scene) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.service.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(s.t, err)
		case <-time.After(2 * time.Minute):
			s.t.Error("the service does not end")
		}
	})
}

// ask makes a request of an app and returns status and body.
func (s *scene) ask(method, path string, header http.Header, body string) (int, string) {
	req := httptest.NewRequestWithContext(s.t.Context(), method, path, bytes.NewReader([]byte(body)))
	for k, v := range header {
		req.Header[k] = v
	}
	w := httptest.NewRecorder()
	s.engine.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

func get(path string, query url.Values) string { return path + "?" + query.Encode() }

// telegramSays lets ann write to the bot, as update n.
func (s *scene) telegramSays(n int, text string, change ...func(string) string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":%d,"from":{"id":77,"is_bot":false,"language_code":"LANG"},"chat":{"id":77,"type":"private"},"text":%q}}`,
		n, n, s.now().Unix(), text)
	body = strings.Replace(body, `"LANG"`, `""`, 1)
	for _, f := range change {
		body = f(body)
	}
	code, _ := s.ask(http.MethodPost, "/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}}, body)
	require.Equal(s.t, http.StatusOK, code)
}

// said are the texts of a state in the only conversation.
func (s *scene) said(state string) (texts []string) {
	s.t.Helper()
	for _, l := range s.lines() {
		if l.State == state {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

func (s *scene) lines() []talk.Line {
	s.t.Helper()
	_, lines, err := s.hq.Talks().Find(s.t.Context(), s.talk().ID, 500)
	require.NoError(s.t, err)
	return lines
}

// last is what the bot said last.
func (s *scene) last() string {
	s.t.Helper()
	list := s.said(talk.Queued)
	require.NotEmpty(s.t, list, "the bot said nothing")
	return list[len(list)-1]
}

// talk is the only conversation.
func (s *scene) talk() *talk.Conversation {
	s.t.Helper()
	list, err := s.hq.Talks().List(s.t.Context(), false, 10)
	require.NoError(s.t, err)
	require.Len(s.t, list, 1)
	return &list[0]
}

func withTelegram(o *Options) {
	o.Telegram = &TelegramSettings{BotToken: "123:abc", WebhookSecret: "hook-secret", TextLength: 4096, API: "http://127.0.0.1:1"}
}

func text(vi, en, zh string) edge.Text { return edge.Text{VI: vi, EN: en, ZH: zh} }

func vnd(n int64) edge.Money { return edge.Money{Amount: n, Currency: "VND"} }

func testRelease() *edge.Release {
	return &edge.Release{
		Version: 1, Effective: noon.Add(-24 * time.Hour), Currency: "VND",
		Categories: []edge.Category{{ID: "lips", Name: text("Môi", "Lips", "唇妆")}, {ID: "eyes", Name: text("Mắt", "Eyes", "眼妆")}},
		Variants: []edge.Variant{
			{SKU: "LIP-VEL-01", Product: "velvet", Category: "lips", Brand: "Sen", Name: text("Son nhung", "Velvet lipstick", "丝绒口红"), Shade: text("Đỏ gạch", "Brick red", "砖红"), Price: vnd(199000)},
			{SKU: "LIP-VEL-02", Product: "velvet", Category: "lips", Brand: "Sen", Name: text("Son nhung", "Velvet lipstick", "丝绒口红"), Shade: text("Hồng đất", "Dusty pink", "豆沙粉"), Price: vnd(199000)},
			{SKU: "EYE-LIN-01", Product: "liner", Category: "eyes", Brand: "Trúc", Name: text("Kẻ mắt nước", "Liquid eyeliner", "眼线液"), Price: vnd(149000)},
		},
	}
}
