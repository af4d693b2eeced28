package doortest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Words are what a person may enter, or be made to: each must be found nowhere
// that it does not belong.
type Words []string

// where is the address of a person's device.
const where = "127.9.8.7"

// Personal are a name, a telephone number, an address, a payment card and the
// address of Visitor's device, each in a form that nothing else has.
func Personal() Words {
	return Words{"Bichngocquy Nguyen", "0901987654", "12 Ngohuerang", "4111111111111111", "4000 0566 5566 5556", where}
}

// Visitor is a client whose device is told from the machine's own by its address.
func Visitor() *http.Client {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(where)}}
	return &http.Client{Transport: &http.Transport{DialContext: from.DialContext}}
}

// fields are where requests of ours have words.
func fields() []string {
	return []string{
		"name", "phone", "text", "note", "reason", "reference", "code", "pin", "cart", "sku", "id", "number", "query", "q", "email", "user",
		"password", "token", "contact", "address", "street", "wish", "key", "content", "language", "app", "holder", "way", "shop", "province", "buyer",
	}
}

// Entrust asks every route for something with the words in its path, query,
// headers and body, as what it wants and as what it does not. Streams are left at
// once.
func (d Door) Entrust(t *testing.T, words Words, header http.Header) {
	t.Helper()
	client := d.Client
	if client == nil {
		client = http.DefaultClient
	}
	for _, r := range d.Routes {
		if r.Method == http.MethodConnect || r.Method == http.MethodTrace || r.Method == http.MethodHead {
			continue
		}
		for i, word := range words {
			path := regexp.MustCompile(`[:*][a-z0-9]+`).ReplaceAllString(r.Path, url.PathEscape(word))
			query := url.Values{}
			object := map[string]any{word: word}
			for _, f := range fields() {
				query.Set(f, word)
				object[f] = word
			}
			body, err := json.Marshal(object)
			require.NoError(t, err)
			kind := "application/json"
			switch i % 3 {
			case 1:
				body = []byte(`{"name": "` + word)
			case 2:
				body, kind = []byte(query.Encode()), "application/x-www-form-urlencoded"
			}
			req, err := http.NewRequestWithContext(t.Context(), r.Method, d.URL+path+"?"+query.Encode(), strings.NewReader(string(body)))
			require.NoError(t, err)
			for name, values := range header {
				req.Header[name] = values
			}
			req.Header.Set("Content-Type", kind)
			req.Header.Set("Idempotency-Key", word)
			for _, h := range []string{"User-Agent", "Referer", "Accept-Language", "X-Forwarded-For", "If-None-Match", "X-Request-Id"} {
				req.Header.Set(h, word)
			}
			resp, err := client.Do(req)
			require.NoError(t, err, "%s %s", r.Method, r.Path)
			require.NoError(t, resp.Body.Close())
		}
	}
}

// Absent wants none of the words in a text, in whatever form, and no number of a
// payment card at all.
func (w Words) Absent(t *testing.T, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, word := range w {
		for _, form := range []string{word, url.QueryEscape(word), url.PathEscape(word), strings.ReplaceAll(word, " ", ""), strings.TrimPrefix(word, "0")} {
			if at := strings.Index(lower, strings.ToLower(form)); at >= 0 {
				require.Fail(t, "a person is found", "%q in …%s…", form, text[max(at-200, 0):min(at+200, len(text))])
			}
		}
	}
	bare := regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{4}-\d\d-\d\dT[0-9:.]+`).ReplaceAllString(text, "")
	for _, number := range regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`).FindAllString(bare, -1) {
		require.False(t, luhn(number), "%q is the number of a card", number)
	}
}

// luhn reports whether a number's last digit is what a card's would be (ISO/IEC
// 7812-1, annex B).
func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		n := int(number[i] - '0')
		if n < 0 || n > 9 {
			continue
		}
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum, double = sum+n, !double
	}
	return sum%10 == 0
}
