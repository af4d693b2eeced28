package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
	firmwarecfg "github.com/mirrorcart/mirrorcart/firmware-cfg"
)

// counter is a till of a gateway that keeps its files in dir. It remembers what
// it was answered to what was written.
type counter struct {
	t        *testing.T
	g        *gateway
	log      *bytes.Buffer
	client   *http.Client
	csrf     string
	keys     int
	answered bytes.Buffer
	cart     string // with one piece in it
	sku      edge.SKU
}

// openCounter is a till at which a manager has signed in; it is shut by stop.
func openCounter(t *testing.T, dir string, change ...func(*firmwarecfg.Edge)) (c *counter) {
	t.Helper()
	cfg := testShop(t, dir)
	cfg.ModelsDir = filepath.Join(dir, "no-models")
	hash, err := api.HashPIN("7391")
	require.NoError(t, err)
	cfg.Staff = []firmwarecfg.Staff{{Name: "Lan", Role: "manager", PINHash: hash}}
	for _, f := range change {
		f(cfg)
	}
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c = &counter{t: t, log: &bytes.Buffer{}, client: &http.Client{Jar: jar}}
	o := testGateway(t, cfg)
	o.log = slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.g = runGateway(t, o)
	var session struct{ CSRF string }
	status, body := c.ask("POST", "/api/v1/staff/session", map[string]any{"pin": "7391"})
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &session))
	c.csrf = session.CSRF
	c.cart = c.fill()
	return c
}

// fill makes a cart with one piece of the first product.
func (c *counter) fill() string {
	c.t.Helper()
	r, err := c.g.db.Release(c.t.Context())
	require.NoError(c.t, err)
	c.sku = r.Variants[0].SKU
	cart, err := c.g.db.CreateCart(c.t.Context())
	require.NoError(c.t, err)
	_, err = c.g.db.ChangeCart(c.t.Context(), cart.ID, func(cart *edge.Cart, w edge.Writer) error {
		_, err := cart.Add(w, c.sku, 1)
		return err
	})
	require.NoError(c.t, err)
	return cart.ID.String()
}

func (c *counter) ask(method, path string, body any) (status int, answer string) {
	c.t.Helper()
	b, err := json.Marshal(body)
	require.NoError(c.t, err)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.g.url()+path, bytes.NewReader(b))
	require.NoError(c.t, err)
	c.keys++
	for name, value := range map[string]string{"Content-Type": "application/json", "X-CSRF": c.csrf, "Idempotency-Key": fmt.Sprintf("key-%08d", c.keys)} {
		req.Header.Set(name, value)
	}
	resp, err := c.client.Do(req)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp.StatusCode, string(all)
}

// entry is where people type, and what they may write there.
type entry struct {
	method, path string
	body         func(text string) any
}

// entries are those of the till and the kiosk.
func (c *counter) entries() map[string]entry {
	type m = map[string]any
	open := "/api/v1/staff/carts/" + c.cart
	return map[string]entry{
		"note of a cart":    {"PUT", "/api/v1/carts/" + c.cart + "/fields/note", func(s string) any { return m{"text": s} }},
		"name of a cart":    {"PUT", open + "/parked", func(s string) any { return m{"name": s} }},
		"note of a parking": {"PUT", open + "/parked", func(s string) any { return m{"name": "coat", "note": s} }},
		"discount":          {"PUT", open + "/discounts", func(s string) any { return m{"rate": 100, "reason": s} }},
		"part of a payment": {"PUT", open + "/parts/part-1", func(s string) any { return m{"method": "card", "amount": 1000, "reference": s} }},
		"cash":              {"POST", "/api/v1/staff/cash", func(s string) any { return m{"kind": "out", "amount": 1000, "reason": s} }},
		"goods that came": {"POST", "/api/v1/staff/stock/moves", func(s string) any {
			return m{"moves": []any{m{"sku": c.sku, "reason": "goods_in", "ref": s, "delta": 1}}}
		}},
		"sale": {"POST", "/api/v1/staff/sales", func(s string) any {
			return m{"cart": c.cart, "payments": []any{m{"method": "card", "amount": 1000, "reference": s}}}
		}},
		"buyer's tax code": {"POST", "/api/v1/staff/sales", func(s string) any {
			return m{"cart": c.cart, "payments": []any{m{"method": "cash", "amount": 1000}}, "buyer": m{"tax_code": s}}
		}},
		"void":           {"POST", "/api/v1/staff/sales/x/void", func(s string) any { return m{"reason": s} }},
		"cart by text":   {"POST", "/api/v1/staff/carts/find", func(s string) any { return m{"text": s} }},
		"manager's yes":  {"POST", "/api/v1/staff/approvals", func(s string) any { return m{"pin": s, "for": "discount"} }},
		"search":         {"GET", "/api/v1/catalogue/search?q=", nil},
		"customers":      {"GET", "/api/v1/staff/customers?phone=", nil},
		"picture":        {"GET", "/api/v1/pictures/", nil},
		"receipt":        {"GET", "/api/v1/staff/sales/", nil},
		"somewhere else": {"GET", "/", nil},
	}
}

// write enters text, and returns how that was answered.
func (c *counter) write(e entry, text string) (status int, answer string) {
	c.t.Helper()
	if e.body == nil { // an error says what is not there, to whoever asked for it
		return c.ask(e.method, e.path+url.PathEscape(text), nil)
	}
	status, answer = c.ask(e.method, e.path, e.body(text))
	c.answered.WriteString(answer)
	return status, answer
}

// cardNumbers are in b: 13 to 19 digits that stand alone, however spaced out, of
// a card scheme's range and with the right check digit (ISO/IEC 7812-1, annex B).
func cardNumbers(b []byte) (found []string) {
	for _, m := range regexp.MustCompile(`(?:^|[^0-9A-Za-z])((?:[2-6][0-9]|97)(?:[ -]?[0-9]){11,17})(?:[^0-9A-Za-z]|$)`).FindAllSubmatch(b, -1) {
		digits := strings.NewReplacer(" ", "", "-", "").Replace(string(m[1]))
		sum := 0
		for i := range digits {
			d := int(digits[len(digits)-1-i] - '0')
			if i%2 == 1 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		if sum%10 == 0 {
			found = append(found, string(m[1]))
		}
	}
	return found
}

// Whatever people type, no card number stays: not in the database and the other
// files, not in the log, not in an answer, and not in what goes to headquarters.
func TestNoCardNumberIsKept(t *testing.T) {
	dir := t.TempDir()
	cards := []string{"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011000990139424", "4222222222222", "9704000000000018"}
	for _, card := range cards {
		require.NotEmpty(t, cardNumbers([]byte(`{"note":"`+card+`"}`)), "it would be found")
	}
	require.Empty(t, cardNumbers([]byte(`{"gtin":"8936012340017","at":1763712000000,"hash":"4111111111111111a"}`)))
	var log, answered *bytes.Buffer
	t.Run("day", func(t *testing.T) {
		var line *wire
		c := openCounter(t, dir, func(cfg *firmwarecfg.Edge) { line = tap(t, cfg) })
		log, answered = c.log, &c.answered
		for name, e := range c.entries() {
			for _, card := range cards {
				status, answer := c.write(e, card)
				if e.body != nil {
					require.GreaterOrEqual(t, status, 400, "%s: %s", name, answer)
				}
				require.Less(t, status, 500, "%s: %s", name, answer)
			}
		}
		status, answer := c.ask("PUT", "/api/v1/carts/"+c.cart+"/fields/note", map[string]any{"text": "for her birthday"})
		require.Equal(t, http.StatusOK, status, answer)
		status, answer = c.ask("POST", "/api/v1/staff/stock/moves", c.entries()["goods that came"].body("delivery 17"))
		require.Less(t, status, 300, answer)
		for way, said := range map[string][]byte{"MQTT": line.text(c.g, "delivery 17"), "HTTPS": line.posted()} {
			require.Contains(t, string(said), "delivery 17", "it is heard over "+way)
			require.Empty(t, cardNumbers(said), way)
		}
	})
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		require.Empty(t, cardNumbers(b), path)
		files++
		return err
	}))
	require.Greater(t, files, 1)
	require.Empty(t, cardNumbers(log.Bytes()), "the log")
	require.Empty(t, cardNumbers(answered.Bytes()), "the answers")
}

// What would be a command to a database, a template, a page or a shell is a text
// like any other, or refused, and comes back as it was written.
func TestTextsThatWouldBeCommands(t *testing.T) {
	c := openCounter(t, t.TempDir())
	before, err := c.g.db.Stock(t.Context())
	require.NoError(t, err)
	for _, text := range []string{
		`'); drop table sale; --`, `x' or '1'='1`, `"; delete from event; --`, `{{.PIN}}{{template "page"}}`, `${7*7}#{7*7}<%= 7*7 %>`,
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `$(reboot)`, "`reboot`", `../../etc/passwd`, `%s%n%x`, `=1+1`, `\u0000`,
	} {
		for name, e := range c.entries() {
			status, answer := c.write(e, text)
			require.Less(t, status, 500, "%s, %s: %s", name, text, answer)
		}
		name := strings.TrimSpace(text[:min(len(text), 20)])
		status, answer := c.ask("PUT", "/api/v1/staff/carts/"+c.cart+"/parked", map[string]any{"name": name, "note": text})
		require.Equal(t, http.StatusOK, status, answer)
		var cart struct {
			Parked struct{ Name string }
		}
		_, answer = c.ask("GET", "/api/v1/staff/carts/"+c.cart, nil)
		require.NoError(t, json.Unmarshal([]byte(answer), &cart))
		require.Equal(t, name, cart.Parked.Name)
		status, answer = c.ask("DELETE", "/api/v1/staff/carts/"+c.cart+"/parked", nil)
		require.Equal(t, http.StatusOK, status, answer)
	}
	r, err := c.g.db.Release(t.Context())
	require.NoError(t, err)
	status, answer := c.ask("POST", "/api/v1/staff/sales", map[string]any{
		"cart": c.fill(), "payments": []any{map[string]any{"method": "cash", "amount": r.Variants[0].Price.Amount, "tendered": r.Variants[0].Price.Amount}},
	})
	require.Equal(t, http.StatusCreated, status, "the till sells on: %s", answer)
	after, err := c.g.db.Stock(t.Context())
	require.NoError(t, err)
	require.Len(t, after, len(before))
}
