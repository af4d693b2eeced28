package bank_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/bank"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

const secret = "a secret of the test's own"

var casso = bank.Casso{Key: secret, TokenHeader: "Secure-Token", SignatureHeader: "X-Casso-Signature", SignatureHash: "sha512"}

// office is an HQ with all feeds open and one transfer that waits.
type office struct {
	t     testing.TB
	hq    *hq.HQ
	clock *edgetest.Clock
	srv   *httptest.Server
	log   *bytes.Buffer
	asked *edge.Transfer
}

func newOffice(t testing.TB) *office {
	o := &office{t: t, clock: edgetest.NewClock(), log: &bytes.Buffer{}}
	o.hq = hqtest.Open(t, func(opt *hq.Options) { opt.Now = o.clock.Now })
	g := hqtest.NewGateway(t, o.hq, "gw-1", "hue-1")
	c := edge.NewCart(edge.CartID{1}, o.clock.Now().Add(time.Hour))
	_, err := c.Add("gshop", edgetest.Lipstick, 2)
	require.NoError(t, err)
	o.asked, err = edge.TransferAsk{
		Cart: c.ID, Amount: 398000, Code: edge.TransferCode("MC", "hue-1", c.ID, "key-0001"), Text: "x", Life: 15 * time.Minute, Staff: "Lan",
	}.Transfer(c, edgetest.Release(1), o.clock.Now().UTC())
	require.NoError(t, err)
	g.Event(o.clock.Now(), edge.EventTransfer, o.asked)
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	require.NoError(t, err)
	feeds, err := bank.New(bank.Options{
		HQ: o.hq, Prefix: "MC", Zone: zone, VietQRUser: "vietqr", VietQRPassword: secret, SePayKey: secret, Casso: casso,
		Now: o.clock.Now, Log: slog.New(slog.NewTextHandler(o.log, nil)),
	})
	require.NoError(t, err)
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	feeds.Register(e)
	o.srv = httptest.NewServer(e)
	t.Cleanup(o.srv.Close)
	return o
}

// call posts a body as a bank would.
func (o *office) call(path, body string, headers ...string) (int, map[string]any) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.srv.URL+path, strings.NewReader(body))
	require.NoError(o.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(o.t, err)
	defer res.Body.Close()
	var reply map[string]any
	require.NoError(o.t, json.NewDecoder(res.Body).Decode(&reply))
	return res.StatusCode, reply
}

func (o *office) credits() []hq.Credit {
	o.t.Helper()
	list, err := o.hq.Credits(o.t.Context(), nil, 0, 100)
	require.NoError(o.t, err)
	return list
}

func TestVietQRTellsOfMoney(t *testing.T) {
	o := newOffice(t)
	const path = "/bank/vietqr/bank/api/transaction-sync"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.srv.URL+"/bank/vietqr/api/token_generate", nil)
	require.NoError(t, err)
	r.SetBasicAuth("vietqr", secret)
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	var token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&token))
	res.Body.Close()
	require.Equal(t, "Bearer", token.TokenType)
	require.Equal(t, 300, token.ExpiresIn)
	bearer := []string{"Authorization", "Bearer " + token.AccessToken}

	body := fmt.Sprintf(`{"bankaccount":"0011","amount":398000,"transType":"C","content":"MBVCB.1.%s.CT tu 12","transactionid":"t-1","transactiontime":%d,"referencenumber":"FT1","orderId":"","sign":"x"}`,
		o.asked.Code, o.clock.Now().UnixMilli())
	status, reply := o.call(path, body, bearer...)
	require.Equal(t, 200, status, "%v", reply)
	require.Equal(t, false, reply["error"])
	list := o.credits()
	require.Len(t, list, 1)
	require.Equal(t, hq.CreditMatched, list[0].State)
	require.Equal(t, list[0].ID, reply["object"].(map[string]any)["reftransactionid"])
	require.True(t, o.clock.Now().Equal(list[0].At))

	// The other spelling, again, and money that leaves.
	again := strings.NewReplacer("bankaccount", "bankAccount", "referencenumber", "referenceNumber", "transactiontime", "transactionTime").Replace(body)
	status, _ = o.call(path, again, bearer...)
	require.Equal(t, 200, status)
	status, _ = o.call(path, strings.Replace(body, `"C"`, `"D"`, 1), bearer...)
	require.Equal(t, 200, status)
	require.Len(t, o.credits(), 1)

	for name, tc := range map[string]struct {
		body    string
		headers []string
		want    int
	}{
		"no token":     {body, nil, 401},
		"wrong token":  {body, []string{"Authorization", "Bearer " + token.AccessToken[:20] + "AAAA" + token.AccessToken[24:]}, 401},
		"short token":  {body, []string{"Authorization", "Bearer AAAA"}, 401},
		"no JSON":      {"<xml/>", bearer, 400},
		"no amount":    {`{"transType":"C","referencenumber":"FT2"}`, bearer, 400},
		"half a dong":  {`{"transType":"C","referencenumber":"FT2","amount":1.5}`, bearer, 400},
		"no reference": {`{"transType":"C","amount":5}`, bearer, 400},
		"too large":    {`{"content":"` + strings.Repeat("x", 70<<10) + `"}`, bearer, 413},
	} {
		status, reply := o.call(path, tc.body, tc.headers...)
		require.Equal(t, tc.want, status, "%s: %v", name, reply)
		require.Equal(t, true, reply["error"])
	}
	o.clock.Advance(6 * time.Minute)
	status, _ = o.call(path, body, bearer...)
	require.Equal(t, 401, status, "the token has expired")
	status, _ = o.call("/bank/vietqr/api/token_generate", "")
	require.Equal(t, 401, status)
	status, _ = o.call("/bank/vietqr/api/token_generate", "", "Authorization", "Basic dmlldHFyOnd0b25n")
	require.Equal(t, 401, status)
	require.Len(t, o.credits(), 1)
	require.NotContains(t, o.log.String(), secret)
}

func TestSePayTellsOfMoney(t *testing.T) {
	o := newOffice(t)
	key := []string{"Authorization", "Apikey " + secret}
	body := `{"id":92704,"gateway":"Vietcombank","transactionDate":"2026-11-21 15:00:00","accountNumber":"0123499999","code":null,` +
		`"content":"` + strings.ToLower(o.asked.Code) + ` thanh toan","transferType":"in","transferAmount":398000,"accumulated":19077000,"subAccount":null,"referenceCode":"MBVCB.3278907687","description":""}`
	for range 2 {
		status, reply := o.call("/bank/sepay", body, key...)
		require.Equal(t, 200, status, "%v", reply)
		require.Equal(t, true, reply["success"])
	}
	list := o.credits()
	require.Len(t, list, 1)
	require.Equal(t, hq.CreditMatched, list[0].State)
	require.True(t, time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC).Equal(list[0].At), "Vietnam's time")
	status, _ := o.call("/bank/sepay", body)
	require.Equal(t, 401, status)
	status, _ = o.call("/bank/sepay", body, "Authorization", "Apikey wrong")
	require.Equal(t, 401, status)
	status, _ = o.call("/bank/sepay", strings.Replace(body, `398000`, `"x"`, 1), key...)
	require.Equal(t, 400, status)
	status, _ = o.call("/bank/sepay", strings.Replace(body, `"in"`, `"out"`, 1), key...)
	require.Equal(t, 200, status)
	require.Len(t, o.credits(), 1)
	// Without a reference and a code it waits for people.
	status, _ = o.call("/bank/sepay", `{"id":7,"content":"tien","transferType":"in","transferAmount":5}`, key...)
	require.Equal(t, 200, status)
	require.Equal(t, hq.CreditUnmatched, o.credits()[1].State)
}

func TestCassoTellsOfMoney(t *testing.T) {
	o := newOffice(t)
	list := `{"error":0,"data":[{"id":6789,"tid":"BANK_REF_ID","description":"` + o.asked.Code + `","amount":398000,"cusum_balance":5,"when":"2026-11-21 15:00:00","bank_sub_acc_id":"123"},` +
		`{"id":6790,"tid":"OUT","description":"x","amount":-5,"when":""}]}`
	status, reply := o.call("/bank/casso", list, "secure-token", secret)
	require.Equal(t, 200, status, "%v", reply)
	require.Len(t, o.credits(), 1)
	require.Equal(t, hq.CreditMatched, o.credits()[0].State)

	one := `{"error":0,"data":{"transactionDateTime":"2026-11-21 15:00:00","id":1,"reference":"FT7","description":"a & b","amount":1000,"accountNumber":"123"}}`
	sign := func(at time.Time, sorted string) string {
		m := hmac.New(sha512.New, []byte(secret))
		fmt.Fprintf(m, "%d.%s", at.UnixMilli(), sorted)
		return fmt.Sprintf("t=%d,v1=%s", at.UnixMilli(), hex.EncodeToString(m.Sum(nil)))
	}
	sorted := `{"data":{"accountNumber":"123","amount":1000,"description":"a & b","id":1,"reference":"FT7","transactionDateTime":"2026-11-21 15:00:00"},"error":0}`
	status, reply = o.call("/bank/casso", one, "X-Casso-Signature", sign(o.clock.Now(), sorted))
	require.Equal(t, 200, status, "%v", reply)
	require.Len(t, o.credits(), 2)
	for name, header := range map[string]string{
		"unsorted": sign(o.clock.Now(), one), "old": sign(o.clock.Now().Add(-6*time.Minute), sorted), "early": sign(o.clock.Now().Add(6*time.Minute), sorted),
		"none": "", "odd": "t=x,v1=y",
	} {
		status, _ = o.call("/bank/casso", one, "X-Casso-Signature", header)
		require.Equal(t, 401, status, name)
	}
	many := `{"error":0,"data":[` + strings.Repeat(`{"id":1,"amount":1},`, 100) + `{"id":1,"amount":1}]}`
	status, _ = o.call("/bank/casso", many, "secure-token", secret)
	require.Equal(t, 413, status)
	status, _ = o.call("/bank/casso", `{"error":0,"data":"x"}`, "secure-token", secret)
	require.Equal(t, 400, status)
	require.Len(t, o.credits(), 2)
}

// Where Casso signs otherwise, the settings say so.
func TestCassoAsTheSettingsSay(t *testing.T) {
	o := newOffice(t)
	feeds, err := bank.New(bank.Options{
		HQ: o.hq, Prefix: "MC", Zone: time.UTC, Now: o.clock.Now, Log: slog.New(slog.DiscardHandler),
		Casso: bank.Casso{Key: secret, TokenHeader: "X-Token", SignatureHeader: "X-Signature", SignatureHash: "sha256"},
	})
	require.NoError(t, err)
	e := gin.New()
	feeds.Register(e)
	srv := httptest.NewServer(e)
	defer srv.Close()
	o.srv = srv
	const body = `{"data":{"amount":1000,"id":1,"reference":"FT7"},"error":0}`
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%d.%s", o.clock.Now().UnixMilli(), body)
	signature := fmt.Sprintf("t=%d,v1=%s", o.clock.Now().UnixMilli(), hex.EncodeToString(m.Sum(nil)))
	for _, header := range [][2]string{{"X-Signature", signature}, {"X-Token", secret}} {
		status, _ := o.call("/bank/casso", body, header[0], header[1])
		require.Equal(t, 200, status, header[0])
	}
	for _, header := range [][2]string{{"X-Casso-Signature", signature}, {"Secure-Token", secret}} {
		status, _ := o.call("/bank/casso", body, header[0], header[1])
		require.Equal(t, 401, status, header[0])
	}
}

func TestFeedsWithoutASecretAreClosed(t *testing.T) {
	o := newOffice(t)
	feeds, err := bank.New(bank.Options{HQ: o.hq, Prefix: "MC", Zone: time.UTC, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	e := gin.New()
	feeds.Register(e)
	require.Empty(t, e.Routes())
	for name, bad := range map[string]bank.Options{
		"nothing": {}, "prefix": {HQ: o.hq, Prefix: "m", Zone: time.UTC, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		"casso": {HQ: o.hq, Prefix: "MC", Casso: bank.Casso{Key: "x"}, Zone: time.UTC, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
		"half":  {HQ: o.hq, Prefix: "MC", VietQRUser: "x", Zone: time.UTC, Now: time.Now, Log: slog.New(slog.DiscardHandler)},
	} {
		_, err := bank.New(bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), name)
	}
}

// Whatever somebody with the key sends, nothing breaks.
func FuzzFeeds(f *testing.F) {
	for _, body := range []string{
		`{"bankaccount":"1","amount":5,"transType":"C","content":"x","referencenumber":"r"}`,
		`{"id":1,"transferType":"in","transferAmount":5,"content":"x","referenceCode":"r"}`,
		`{"error":0,"data":[{"id":1,"tid":"r","amount":5}]}`, `{"error":0,"data":{"id":1,"reference":"r","amount":5}}`,
	} {
		f.Add(body)
	}
	o := newOffice(f)
	f.Fuzz(func(t *testing.T, body string) {
		o := *o
		o.t = t
		for path, header := range map[string][2]string{"/bank/sepay": {"Authorization", "Apikey " + secret}, "/bank/casso": {"Secure-Token", secret}} {
			status, _ := o.call(path, body, header[0], header[1])
			require.Contains(t, []int{200, 400, 413}, status)
		}
	})
}
