package cart

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/photo"
)

var (
	photoSecret = []byte("0123456789abcdef")
	photoID     = strings.Repeat("ab", 16)
	wrapped     = strings.Repeat("w", 80) // what the phone makes of a key: no server can tell
)

// jpegOfAFace stands for a photo.
var jpegOfAFace = []byte("\xff\xd8\xff\xe0 a face \xff\xd9")

// bring lets the gateway bring a photo of the cart, sealed for its phone.
func (a *app) bring(id string) {
	a.t.Helper()
	sealed, err := photo.SealFor(photoSecret, id, jpegOfAFace)
	require.NoError(a.t, err)
	body, err := json.Marshal(&edge.SealedPhoto{
		ID: id, Cart: cartID, SKUs: []edge.SKU{"LIP-VEL-01", "LIP-VEL-04"}, Expires: a.now.Load().Add(edge.PhotoLife), Sealed: sealed,
	})
	require.NoError(a.t, err)
	require.NoError(a.t, a.hq.TakePhoto(a.t.Context(), cloudsync.Seal(a.gateway, cloudsync.KindPhoto, cloudsync.PhotoTopic("shop1"), body)))
}

// browser is a browser with its cookies.
type browser struct {
	*app
	cookies map[string]string
}

func (a *app) browser() *browser { return &browser{a, map[string]string{}} }

func (b *browser) ask(method, target string, form url.Values, header ...string) *http.Response {
	b.t.Helper()
	for name, value := range b.cookies {
		header = append(header, "Cookie", name+"="+value)
	}
	if form != nil {
		header = append(header, "Content-Type", "application/x-www-form-urlencoded")
	}
	resp := b.do(method, target, strings.NewReader(form.Encode()), header...)
	for _, c := range resp.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return resp
}

func (b *browser) page(target string) string {
	b.t.Helper()
	resp := b.ask("GET", target, nil)
	require.Equal(b.t, http.StatusOK, resp.StatusCode)
	return b.text(resp)
}

// owner is the browser of the shopper whose cart and photo are at HQ.
func owner(t *testing.T) (*browser, string) {
	a := newApp(t)
	a.bring(photoID)
	b := a.browser()
	at := "/c/" + a.token(cartOf(t, 2)) + "/looks"
	b.page(strings.TrimSuffix(at, "/looks"))
	return b, at
}

func TestAPhotoOnThePhone(t *testing.T) {
	b, at := owner(t)
	for lang, want := range map[string][2]string{"en": {"Delete now", "only from the original link"}, "vi": {"Xoá ngay", "chỉ mở được từ liên kết gốc"}, "zh": {"立即删除", "只能通过原始链接打开"}} {
		page := b.page(at + "?lang=" + lang)
		require.Contains(t, page, want[0])
		require.Contains(t, page, want[1], "what a phone without the secret sees")
		require.Contains(t, page, `data-photo="`+photoID+`"`)
	}
	sealed := b.page(at + "/photos/" + photoID)
	got, err := photo.OpenWith(photoSecret, photoID, []byte(sealed))
	require.NoError(t, err)
	require.Equal(t, jpegOfAFace, got)
	require.NotContains(t, sealed, "face")

	cart := strings.TrimSuffix(at, "/looks")
	require.Regexp(t, `<a class="looks" href="[^"]*/looks\?lang=en"><span>Ask friends which look<small>Photos from the mirror: 1`, b.page(cart+"?lang=en"))
	stranger := b.browser()
	require.NotContains(t, stranger.page(cart), `class="looks"`)
	for _, target := range []string{at, at + "/events", at + "/photos/" + photoID} {
		require.Equal(t, http.StatusForbidden, stranger.ask("GET", target, nil).StatusCode, target)
	}
	require.Equal(t, http.StatusForbidden, stranger.ask("POST", at+"/photos/"+photoID+"/delete", url.Values{}).StatusCode)
	require.Equal(t, http.StatusForbidden, b.ask("POST", at+"/photos/"+photoID+"/delete", url.Values{}, "Sec-Fetch-Site", "cross-site").StatusCode)
	require.NotEmpty(t, b.page(at+"/photos/"+photoID))

	resp := b.ask("POST", at+"/photos/"+photoID+"/delete?lang=en", url.Values{})
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	from, err := url.Parse(at + "/photos/" + photoID + "/delete")
	require.NoError(t, err)
	to, err := from.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, at+"?lang=en", to.String())
	require.Equal(t, http.StatusNotFound, b.ask("GET", at+"/photos/"+photoID, nil).StatusCode, "the proof")
	require.NotContains(t, b.page(at), photoID)
	require.Empty(t, b.log.String())
}

var nextVote = regexp.MustCompile(`name="vote" value="([\w-]{22})"`)

// askFriends begins a vote between the photo and a product, and returns its
// address.
func (b *browser) askFriends(at string) string {
	b.t.Helper()
	found := nextVote.FindStringSubmatch(b.page(at))
	require.Len(b.t, found, 2)
	form := url.Values{"vote": {found[1]}, "look": {"photo " + photoID, "sku LIP-VEL-02"}, "key": {photoID + " " + wrapped}, "consent": {"1"}}
	require.Equal(b.t, http.StatusSeeOther, b.ask("POST", at+"/vote", form).StatusCode)
	require.Equal(b.t, http.StatusConflict, b.ask("POST", at+"/vote", form).StatusCode, "sent twice")
	return "/v/" + found[1]
}

func TestFriendsVoteOnAPage(t *testing.T) {
	b, at := owner(t)
	vote := b.askFriends(at)
	require.Contains(t, b.page(at+"?lang=en"), "0 of at most 10 voted")
	require.Contains(t, b.page(at), `href="../..`+vote+`"`)

	friend := b.browser()
	page := friend.page(vote + "?lang=en")
	require.Contains(t, page, "Which look suits me best?")
	require.Contains(t, page, `data-wrapped="`+wrapped+`"`)
	require.Contains(t, page, "Morning Dew Glossy Lip Tint")
	require.Empty(t, friend.cookies, "looking takes nobody's place")
	require.Equal(t, http.StatusForbidden, friend.ask("GET", vote+"/photos/"+photoID, nil).StatusCode)
	require.Equal(t, http.StatusNoContent, friend.ask("POST", vote, url.Values{}).StatusCode)
	sealed := friend.page(vote + "/photos/" + photoID)
	_, err := photo.OpenWith(photoSecret, photoID, []byte(sealed))
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, friend.ask("GET", vote+"/photos/"+strings.Repeat("cd", 16), nil).StatusCode)

	resp := friend.ask("POST", vote+"?lang=en", url.Values{"look": {"1"}})
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Equal(t, strings.TrimPrefix(vote, "/v/")+"?lang=en", resp.Header.Get("Location"))
	require.Contains(t, friend.page(vote+"?lang=en"), "Thank you!")
	require.Contains(t, b.page(at+"?lang=en"), "1 of at most 10 voted")
	friend.ask("POST", vote, url.Values{"look": {"0"}})
	require.Contains(t, b.page(at+"?lang=en"), "1 of at most 10 voted", "a change of mind")
	for _, look := range []string{"2", "-1", "x", "99999999999999999999"} {
		require.Equal(t, http.StatusBadRequest, friend.ask("POST", vote, url.Values{"look": {look}}).StatusCode)
	}
	require.Equal(t, http.StatusForbidden, friend.ask("POST", vote, url.Values{"look": {"0"}}, "Sec-Fetch-Site", "cross-site").StatusCode)
	for _, wrong := range []string{"/v/nothing", "/v/AAAAAAAAAAAAAAAAAAAAAA", vote + "A"} {
		require.Equal(t, http.StatusNotFound, friend.ask("GET", wrong, nil).StatusCode, wrong)
		require.Equal(t, http.StatusNotFound, friend.ask("POST", wrong, url.Values{"look": {"0"}}).StatusCode, wrong)
	}

	for i := range edge.MaxVoters + 1 {
		b.pass(10 * time.Second) // or they come too fast for one cart
		resp := b.browser().ask("POST", vote, url.Values{"look": {fmt.Sprint(i % 2)}})
		want := http.StatusSeeOther
		if i >= edge.MaxVoters-1 { // one friend is there already
			want = http.StatusTooManyRequests
		}
		require.Equal(t, want, resp.StatusCode, i)
	}
	require.Contains(t, b.browser().page(vote+"?lang=en"), "Ten friends take part already")
	require.Contains(t, friend.page(vote+"?lang=en"), "This one", "who is in may change")

	// Deleted, the photo is gone from the vote too, and the product stands for it.
	b.ask("POST", at+"/photos/"+photoID+"/delete", url.Values{})
	require.Equal(t, http.StatusNotFound, friend.ask("GET", vote+"/photos/"+photoID, nil).StatusCode)
	page = friend.page(vote + "?lang=en")
	require.NotContains(t, page, photoID)
	require.NotContains(t, page, wrapped)
	require.Contains(t, page, "Silk Velvet Matte Lipstick · Brick Red &#43;1")

	require.Equal(t, http.StatusSeeOther, b.ask("POST", at+"/vote/end", url.Values{}).StatusCode)
	require.Equal(t, http.StatusGone, friend.ask("POST", vote, url.Values{"look": {"0"}}).StatusCode)
	require.Contains(t, friend.page(vote+"?lang=en"), "This vote is over")
	require.NotContains(t, b.log.String(), photoID)
	require.NotContains(t, b.log.String(), strings.TrimPrefix(vote, "/v/"))
}

func TestVotesThatDoNotBegin(t *testing.T) {
	b, at := owner(t)
	next := nextVote.FindStringSubmatch(b.page(at))[1]
	good := url.Values{"vote": {next}, "look": {"photo " + photoID, "sku LIP-VEL-02"}, "key": {photoID + " " + wrapped}, "consent": {"1"}}
	for name, tt := range map[string]struct {
		change func(url.Values)
		status int
	}{
		"no consent":            {func(v url.Values) { v.Del("consent") }, http.StatusUnauthorized},
		"one look":              {func(v url.Values) { v["look"] = v["look"][:1] }, http.StatusBadRequest},
		"no key":                {func(v url.Values) { v.Del("key") }, http.StatusBadRequest},
		"a thing not in it":     {func(v url.Values) { v["look"][1] = "sku LIP-VEL-05" }, http.StatusBadRequest},
		"a photo not of it":     {func(v url.Values) { v["look"][0], v["key"] = "photo x", []string{"x w"} }, http.StatusBadRequest},
		"a name of one's own":   {func(v url.Values) { v.Set("vote", "AAAAAAAAAAAAAAAAAAAAAA") }, http.StatusConflict},
		"nothing":               {func(v url.Values) { clear(v) }, http.StatusUnauthorized},
		"more than a form is":   {func(v url.Values) { v.Set("key", strings.Repeat("k", maxBody)) }, http.StatusRequestEntityTooLarge},
		"a look of no kind":     {func(v url.Values) { v["look"][1] = "LIP-VEL-02" }, http.StatusBadRequest},
		"the same photo of two": {func(v url.Values) { v["look"] = append(v["look"], "photo "+strings.Repeat("cd", 16)) }, http.StatusBadRequest},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = append([]string(nil), v...)
		}
		tt.change(form)
		b.pass(time.Second)
		require.Equal(t, tt.status, b.ask("POST", at+"/vote", form).StatusCode, name)
	}
	require.NotContains(t, b.page(at), "/v/")
	require.Equal(t, http.StatusForbidden, b.browser().ask("POST", at+"/vote", good).StatusCode, "a stranger's phone")
	require.Equal(t, http.StatusSeeOther, b.ask("POST", at+"/vote", good).StatusCode)
}

func TestLooksPagesFitOneRoundTrip(t *testing.T) {
	b, at := owner(t)
	for i := range edge.MaxCartPhotos - 1 {
		b.bring(strings.Repeat(fmt.Sprint("c", i), 16))
	}
	vote := b.askFriends(at)
	for _, target := range []string{at, vote} {
		resp := b.ask("GET", target, nil, "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
		size := len(b.text(resp))
		t.Logf("%.3s: %d bytes compressed", target, size)
		require.LessOrEqual(t, size, 14<<10)
		require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
		require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	}
}
