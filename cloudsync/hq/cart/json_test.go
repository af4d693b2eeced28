package cart

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestCartForPrograms(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 2))
	resp := a.do("GET", cart+"/cart.json?lang=en", nil, PhoneHeader, firstPhone, "Origin", "https://h5.example")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "*", resp.Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, resp.Header.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	var c Content
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&c))
	require.Equal(t, cartID, c.ID)
	require.Equal(t, "saigon-1", c.Shop)
	require.Equal(t, int64(617000), c.Total)
	require.Equal(t, ShopTakes, c.Taker)
	require.Equal(t, "../pictures/lip.svg", c.Lines[0].Picture)
	require.Equal(t, "Silk Velvet Matte Lipstick", c.Lines[0].Name)

	tag := resp.Header.Get("ETag")
	require.Equal(t, http.StatusNotModified, a.do("GET", cart+"/cart.json?lang=en", nil, PhoneHeader, firstPhone, "If-None-Match", tag).StatusCode)
	status, now := a.ask(firstPhone, "PUT", cart+"/lines/"+firstLine.String(), `{"quantity":3,"note":"quà tặng"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "quà tặng", now.Lines[0].Note)
	require.Equal(t, 3, now.Lines[0].Quantity)
	_, now = a.ask(firstPhone, "PUT", cart+"/note", `{"note":"wrap it"}`)
	require.Equal(t, "wrap it", now.Note)
	require.NotEqual(t, c.Version, now.Version)
	require.Equal(t, http.StatusOK, a.do("GET", cart+"/cart.json?lang=en", nil, PhoneHeader, firstPhone, "If-None-Match", tag).StatusCode)

	opts := a.do("OPTIONS", cart+"/note", nil, "Origin", "https://h5.example")
	require.Equal(t, http.StatusNoContent, opts.StatusCode)
	require.Contains(t, opts.Header.Get("Access-Control-Allow-Headers"), PhoneHeader)
}

func TestWhoTakesTheMoney(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 1)
	cart := "/c/" + a.token(c)
	taker := func() Taker {
		_, got := a.ask(firstPhone, "GET", cart+"/cart.json", "")
		return got.Taker
	}
	require.Equal(t, ShopTakes, taker())
	a.pass(3 * 60 * 60 * 1e9)
	require.Equal(t, NobodyMay, taker(), "the shop may have taken it and not told yet")
	c.Claim = edge.Claim{N: 1, Holder: edge.HeldByPhone, Until: noon.Add(4 * 60 * 60 * 1e9)}
	cart = "/c/" + a.token(c)
	require.Equal(t, HQTakes, taker())
}

// listen opens the stream of a cart as a mini program; next waits for the cart.
func (a *app) listen(phone, cart string) (next func() Content) {
	server := httptest.NewServer(a.handler)
	a.t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, server.URL+cart+"/events?as=json&lang=en", nil)
	require.NoError(a.t, err)
	req.Header.Set(PhoneHeader, phone)
	resp, err := server.Client().Do(req)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { resp.Body.Close() })
	r := bufio.NewReader(resp.Body)
	return func() (c Content) {
		require.NoError(a.t, json.Unmarshal([]byte(nextCart(a.t, r)), &c))
		return c
	}
}

func TestEventsForPrograms(t *testing.T) {
	a := newApp(t)
	cart := "/c/" + a.token(cartOf(t, 1))
	next := a.listen(firstPhone, cart)
	require.Equal(t, MayOwn, next().Phone.May)
	a.ask(secondPhone, "POST", cart+"/phones", "")
	require.Len(t, next().Phone.Asking, 1, "the owner hears at once who asks")
	a.ask(firstPhone, "PUT", cart+"/lines/"+firstLine.String(), `{"quantity":7}`)
	require.Equal(t, 7, next().Lines[0].Quantity)
}

type object = map[string]any

func description(t *testing.T) object {
	var d object
	require.NoError(t, yaml.Unmarshal(openAPI, &d))
	return d
}

func TestDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	a := newApp(t)
	var described, served []string
	for path, item := range description(t)["paths"].(object) {
		for method := range item.(object) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range a.pages.routes() {
		served = append(served, r.method+" /c/{token}"+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.path, "{$1}"))
	}
	require.ElementsMatch(t, served, described)
	resp := a.do("GET", "/openapi/cart.yaml", nil)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, string(openAPI), a.text(resp))
}

// conforms holds a value to its schema; what is not described is a fault too.
func conforms(t *testing.T, d object, v any, schema object, where string) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		parts := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		at := d
		for _, p := range parts {
			at = at[p].(object)
		}
		conforms(t, d, v, at, where)
		return
	}
	if values, ok := schema["enum"].([]any); ok {
		require.True(t, slices.Contains(values, v), "%s is %v", where, v)
	}
	switch v := v.(type) {
	case object:
		require.Equal(t, "object", schema["type"], where)
		required, _ := schema["required"].([]any)
		for _, r := range required {
			require.Contains(t, v, r.(string), where)
		}
		for name, value := range v {
			p, ok := schema["properties"].(object)[name].(object)
			require.True(t, ok, "%s.%s is not described", where, name)
			conforms(t, d, value, p, where+"."+name)
		}
	case []any:
		require.Equal(t, "array", schema["type"], where)
		for _, item := range v {
			conforms(t, d, item, schema["items"].(object), where+"[]")
		}
	case string:
		require.Equal(t, "string", schema["type"], where)
	case float64:
		require.Equal(t, "integer", schema["type"], where)
	case bool:
		require.Equal(t, "boolean", schema["type"], where)
	}
}

// answers holds what a phone is told to the description.
func (a *app) conforms(phone, cart string) {
	a.t.Helper()
	resp := a.do("GET", cart+"/cart.json", nil, PhoneHeader, phone)
	require.Equal(a.t, http.StatusOK, resp.StatusCode)
	var v object
	require.NoError(a.t, json.NewDecoder(resp.Body).Decode(&v))
	conforms(a.t, description(a.t), v, object{"$ref": "#/components/schemas/Content"}, "content")
}

func TestAnswersAreAsDescribed(t *testing.T) {
	a := newApp(t)
	c := cartOf(t, 2)
	_, err := c.Add(gateway, "UNKNOWN", 1)
	require.NoError(t, err)
	cart := "/c/" + a.token(c)
	a.conforms(firstPhone, cart)
	a.ask(secondPhone, "POST", cart+"/phones", "")
	a.conforms(firstPhone, cart)
	a.conforms(secondPhone, cart)
	c.Closed = &edge.Closing{Sale: "s1", Receipt: "T1-1-000042", At: noon}
	a.conforms(firstPhone, "/c/"+a.token(c))
	newShop(a).event(edge.LaneSale, edge.EventSale, saleOf(1, 199000))
	a.conforms(firstPhone, cart)
}
