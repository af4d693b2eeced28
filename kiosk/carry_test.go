package kiosk

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// fakeCourier remembers what it was given.
type fakeCourier struct {
	secrets [][]byte
	taken   map[string][]byte
	worn    []edge.SKU
	gone    []string
	err     error
}

func (c *fakeCourier) Take(secret []byte, cart edge.CartID, worn []edge.SKU, photo []byte) (string, error) {
	if c.err != nil {
		return "", c.err
	}
	if c.taken == nil {
		c.taken = map[string][]byte{}
	}
	id := fmt.Sprintf("away-%d", len(c.secrets)+1)
	c.secrets, c.worn = append(c.secrets, bytes.Clone(secret)), worn
	c.taken[id] = bytes.Clone(photo)
	return id, nil
}

func (c *fakeCourier) Withdraw(_ edge.CartID, id string) error {
	c.gone = append(c.gone, id)
	delete(c.taken, id)
	return nil
}

func (c *fakeCourier) Waiting(id string) bool { return len(c.taken[id]) > 0 }

// pictureOf is a JPEG of random dots, which is as large as one can be.
func pictureOf(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	state := uint32(1)
	for i := range img.Pix {
		state = state*1664525 + 1013904223
		img.Pix[i] = uint8(state>>24) | uint8(i%4/3*255) // opaque
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}))
	return b.Bytes()
}

// beginCarrying brings a shopper with a cart to the mirror, whose photos are
// pictures.
func beginCarrying(t *testing.T) *fixture {
	f := newFixture(t, nil)
	picture := pictureOf(t, 160, 90)
	f.mirror.shoot = func() ([]byte, error) { return bytes.Clone(picture), nil }
	f.begin(true)
	f.ok("PUT", "/kiosk/v1/session/look", `{"skus":["LIP-1","GLS-1"]}`)
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	return f
}

// fragment is what a screen of the kiosk is told.
func (f *fixture) fragment(cart edge.CartID) string { return f.fragmentFrom("127.0.0.1:1", cart) }

func (f *fixture) fragmentFrom(remote string, cart edge.CartID) (fragment string) {
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr = remote
	f.kiosk.KnowScreens(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fragment = f.kiosk.Fragment(r.Context(), cart)
	})).ServeHTTP(httptest.NewRecorder(), r)
	return fragment
}

// A till, or whoever else in the shop's network names the cart, gets no key to the
// shopper's photos; and what nobody was given goes with the session.
func TestOnlyTheKiosksScreenGetsWhatOpensPhotos(t *testing.T) {
	f := beginCarrying(t)
	f.ok("PUT", f.shoot(), `{"until":"phone"}`)
	require.Empty(t, f.fragmentFrom("192.168.1.9:1", f.cart.ID))
	require.Empty(t, f.kiosk.Fragment(t.Context(), f.cart.ID), "nor a printer")
	f.do("POST", "/kiosk/v1/session/finish", "")
	require.Equal(t, []string{"away-1"}, f.away.gone, "it was not taken along")
}

func TestAPhotoGoesToThePhone(t *testing.T) {
	f := beginCarrying(t)
	f.mirror.shoot = func() ([]byte, error) { return pictureOf(t, 1280, 720), nil }
	var log bytes.Buffer
	f.kiosk.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	at := f.shoot()
	f.ok("PUT", at, `{"until":"finish"}`)
	require.Empty(t, f.fragment(f.cart.ID))
	require.Empty(t, f.away.taken)

	v := f.view("PUT", at, `{"until":"phone"}`)
	require.Equal(t, "phone", v.Photos[0].Until)
	require.True(t, v.Photos[0].Waiting)
	require.Equal(t, []edge.SKU{"LIP-1", "GLS-1"}, f.away.worn)
	small, err := jpeg.DecodeConfig(bytes.NewReader(f.away.taken["away-1"]))
	require.NoError(t, err)
	require.Equal(t, [2]int{900, 506}, [2]int{small.Width, small.Height})
	require.LessOrEqual(t, len(f.away.taken["away-1"]), edge.MaxPhotoBytes)
	f.ok("PUT", at, `{"until":"phone"}`)
	require.Len(t, f.away.taken, 1, "again is once")
	require.Contains(t, log.String(), `purpose=photo_to_phone version=1`)

	fragment := f.fragment(f.cart.ID)
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(fragment, "k="))
	require.NoError(t, err)
	require.Equal(t, f.away.secrets[0], key)
	require.Len(t, key, 16)
	require.Empty(t, f.fragment(edge.CartID{9}), "another cart's link")
	require.NotContains(t, f.ok("GET", "/kiosk/v1/session", ""), fragment[2:], "the page has no need of it")
	require.NotContains(t, log.String(), fragment[2:])

	f.do("POST", "/kiosk/v1/session/finish", "")
	require.Empty(t, f.away.gone, "it was taken along")
	require.Empty(t, f.fragment(f.cart.ID))
	require.Zero(t, f.onDisk())
}

// A photo whose key was in no link is of no use to anybody.
func TestAPhotoThatNobodyTookAlongIsWithdrawn(t *testing.T) {
	f := beginCarrying(t)
	f.ok("PUT", f.shoot(), `{"until":"phone"}`)
	f.do("POST", "/kiosk/v1/session/finish", "")
	require.Equal(t, []string{"away-1"}, f.away.gone)
	require.Zero(t, f.onDisk())
}

func TestAPhotoIsTakenBack(t *testing.T) {
	f := beginCarrying(t)
	first, second := f.shoot(), f.shoot()
	f.ok("PUT", first, `{"until":"phone"}`)
	f.ok("PUT", second, `{"until":"phone"}`)
	require.NotEmpty(t, f.fragment(f.cart.ID))
	require.Equal(t, f.away.secrets[0], f.away.secrets[1], "one link opens all")

	v := f.view("PUT", first, `{"until":"finish"}`)
	require.Equal(t, []string{"finish", "phone"}, []string{v.Photos[0].Until, v.Photos[1].Until})
	require.Equal(t, []string{"away-1"}, f.away.gone)
	require.NotEmpty(t, f.do("GET", first, "").Body.Bytes(), "it is still here")
	f.ok("DELETE", second, "")
	require.Equal(t, []string{"away-1", "away-2"}, f.away.gone)
	require.Empty(t, f.fragment(f.cart.ID))
}

func TestAPhotoIsDeletedOnThePhone(t *testing.T) {
	f := beginCarrying(t)
	at := f.shoot()
	f.ok("PUT", at, `{"until":"phone"}`)
	f.kiosk.PhotoDeleted("")
	f.kiosk.PhotoDeleted("away-9")
	require.Equal(t, 1, f.onDisk())
	f.kiosk.PhotoDeleted("away-1")
	f.refused(edge.NotFound, "GET", at, "")
	require.Zero(t, f.onDisk())
	require.Empty(t, f.away.gone, "headquarters knows")
	f.kiosk.PhotoDeleted("away-1")
}

func TestPhotosThatStayHere(t *testing.T) {
	f := beginCarrying(t)
	f.away.err = edge.Errorf("test", edge.Unavailable, "the disk is full")
	f.refused(edge.Unavailable, "PUT", f.shoot(), `{"until":"phone"}`)
	f.away.err = nil
	v := f.view("GET", "/kiosk/v1/session", "")
	require.Equal(t, "finish", v.Photos[0].Until, "it is kept all the same")
	f.refused(edge.Invalid, "PUT", f.shoot(), `{"until":"day"}`)
	for range edge.MaxCartPhotos {
		f.ok("PUT", f.shoot(), `{"until":"phone"}`)
	}
	f.refused(edge.TooLarge, "PUT", photosPath+"/"+v.Photos[0].Name, `{"until":"phone"}`)

	f.ok("POST", "/kiosk/v1/session", `{"language":"vi"}`)
	f.ok("POST", "/kiosk/v1/session/consent", `{"camera":true}`)
	f.refused(edge.Conflict, "PUT", f.shoot(), `{"until":"phone"}`) // without a cart
	f.ok("PUT", "/kiosk/v1/session/cart", `{"cart":"`+f.cart.ID.String()+`"}`)
	f.kiosk.session.away = nil
	f.refused(edge.Unavailable, "PUT", f.shoot(), `{"until":"phone"}`)
}

func TestPhotosAreMadeSmall(t *testing.T) {
	for _, tt := range []struct{ w, h, wantW, wantH int }{{90, 1000, 81, 900}, {640, 48, 640, 48}, {2000, 1, 900, 1}} {
		b, err := forPhone(pictureOf(t, tt.w, tt.h))
		require.NoError(t, err)
		got, err := jpeg.DecodeConfig(bytes.NewReader(b))
		require.NoError(t, err)
		require.Equal(t, [2]int{tt.wantW, tt.wantH}, [2]int{got.Width, got.Height})
	}
	_, err := forPhone([]byte(jpegOfAFace))
	require.Equal(t, edge.Internal, edge.KindOf(err))
}

func TestTheKioskShowsHowFriendsVote(t *testing.T) {
	f := beginCarrying(t)
	require.Nil(t, f.view("GET", "/kiosk/v1/session", "").Vote)
	say := func(n uint64, state string, closes time.Time, data string) *voteView {
		if data == "" {
			b, err := json.Marshal(edge.VoteResult{Closes: closes, Looks: []edge.VoteLook{{SKUs: []edge.SKU{"LIP-1"}, Votes: 3}, {SKUs: []edge.SKU{"LIP-2"}}}})
			require.NoError(t, err)
			data = string(b)
		}
		require.NoError(t, f.office.Apply(t.Context(), n, edge.Delivery{Records: []edge.Record{
			{Kind: edge.RecordVote, ID: f.cart.ID.String(), State: state, At: time.Now(), Data: json.RawMessage(data)},
		}}))
		return f.view("GET", "/kiosk/v1/session", "").Vote
	}
	later := time.Now().Add(time.Hour)
	v := say(1, edge.VoteOpen, later, "")
	require.True(t, v.Open)
	require.Equal(t, []edge.VoteLook{{SKUs: []edge.SKU{"LIP-1"}, Votes: 3}, {SKUs: []edge.SKU{"LIP-2"}}}, v.Looks)
	require.Equal(t, 3, v.Voted())
	require.False(t, say(2, edge.VoteOpen, time.Now(), "").Open, "its time is up")
	require.False(t, say(3, edge.VoteClosed, later, "").Open)
	require.Nil(t, say(4, edge.VoteOpen, later, `{"looks":7}`))
	f.do("POST", "/kiosk/v1/session/finish", "")
	require.Nil(t, f.view("GET", "/kiosk/v1/session", "").Vote)
}
