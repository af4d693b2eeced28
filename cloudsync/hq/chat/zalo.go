package chat

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// ZaloSettings are those of an official account.
type ZaloSettings struct {
	AppID        string
	OASecret     string // signs what is reported
	AppSecret    string // renews the access token
	RefreshToken string // the first one; Zalo gives a new one each time
	FreeFor      time.Duration
	FreeCount    int           // messages within it
	PaidFor      time.Duration // how long we may write against the paid quota; 0 never
	KeyErrors    []int         // by which Zalo says that the access token is not good
	BusyErrors   []int         // and that it has too much to do
	TextLength   int           // characters of a message
	API          string        // https://openapi.zalo.me
	OAuth        string        // https://oauth.zaloapp.com
	PerSecond    float64
}

type zalo struct {
	*caller
	ZaloSettings
	key    *renewed
	replay time.Duration
}

func newZalo(s ZaloSettings, o Options) (*zalo, error) {
	if s.AppID == "" || s.OASecret == "" || s.AppSecret == "" || s.RefreshToken == "" {
		return nil, edge.Errorf("chat.newZalo", edge.Invalid, "app id, OA secret, app secret and refresh token are all needed")
	}
	if err := checkLength(s.TextLength); err != nil {
		return nil, err
	}
	z := &zalo{caller: newCaller(Zalo, s.PerSecond, o), ZaloSettings: s, replay: o.Replay}
	z.key = newRenewed(Zalo, s.AppID+" "+s.RefreshToken, o, z.renew)
	return z, nil
}

func (*zalo) name() string { return Zalo }

// zaloRules: so many messages within so long of each message of the person; more
// and later ones cost money, and are not sent unless that is wanted.
func zaloRules(s ZaloSettings) Rules {
	return Rules{Free: map[Deed]Allowance{Said: {s.FreeFor, s.FreeCount}}, Paid: s.PaidFor}
}

func (z *zalo) rules() Rules { return zaloRules(z.ZaloSettings) }

// challenge: Zalo asks for none, but looks whether there is anybody.
func (*zalo) challenge(call) (string, error) { return "", nil }

type zaloReport struct {
	AppID     string `json:"app_id"`
	Event     string `json:"event_name"`
	Timestamp millis
	Sender    struct{ ID string }
	Follower  struct{ ID string }
	Message   struct {
		Text string
		ID   string `json:"msg_id"`
	}
}

func (z *zalo) receive(r call) ([]Message, error) {
	const op = "chat.zalo.receive"
	if len(r.body) == 0 && r.header.Get("X-ZEvent-Signature") == "" {
		return nil, nil // it only looks whether there is anybody
	}
	var report zaloReport
	decoded := decode(op, r.body, &report)
	if err := z.signed(r, report.Timestamp.Time); err != nil {
		return nil, err
	}
	if decoded != nil {
		return nil, decoded
	}
	if report.AppID != z.AppID {
		return nil, forbidden(op, "the report is for another app")
	}
	at := report.Timestamp.Time
	m := Message{Person: cmp.Or(report.Sender.ID, report.Follower.ID), At: at, ID: report.Message.ID}
	if m.ID == "" {
		m.ID = fmt.Sprintf("%s %s %d", report.Event, m.Person, at.UnixMilli())
	}
	switch {
	case report.Event == "follow":
		m.Did, m.Began = Acted, true
	case report.Event == "unfollow":
		m.Gone = true
	case strings.HasPrefix(report.Event, "user_send_"):
		m.Did, m.Text = Said, report.Message.Text
	default:
		return nil, nil // what we said ourselves, what was read, and what else there is
	}
	return []Message{m}, nil
}

// signed checks Zalo's signature, a plain hash that ends with the secret: over
// the time that the body has, or the header of some accounts.
func (z *zalo) signed(r call, inBody time.Time) error {
	const op = "chat.zalo.signed"
	have := strings.ToLower(strings.TrimPrefix(r.header.Get("X-ZEvent-Signature"), "mac="))
	times := []time.Time{inBody}
	if n, err := strconv.ParseInt(r.header.Get("X-ZEvent-Timestamp"), 10, 64); err == nil {
		times = append(times, time.UnixMilli(n))
	}
	for _, at := range times {
		if at.IsZero() {
			continue
		}
		sum := sha256.Sum256([]byte(z.AppID + string(r.body) + strconv.FormatInt(at.UnixMilli(), 10) + z.OASecret))
		if same(have, hex.EncodeToString(sum[:])) {
			return within(op, at, r.now, z.replay)
		}
	}
	return forbidden(op, "the signature does not fit: check app_id and oa_secret")
}

func (z *zalo) send(ctx context.Context, person string, t talk.Saying, _ Channel) *SendError {
	text := clip(t.Text, z.TextLength)
	if t.URL != "" {
		text = clip(t.Text, z.TextLength-len(t.Title)-len(t.URL)-3) + "\n\n" + t.Title + ": " + t.URL
	}
	body := map[string]any{"recipient": map[string]string{"user_id": person}, "message": map[string]string{"text": text}}
	return z.key.use(ctx, func(access string) *SendError {
		answer, err := z.post(ctx, z.API+"/v3.0/oa/message/cs", http.Header{"access_token": {access}}, body)
		if err != nil {
			return err
		}
		return z.outcome(answer)
	})
}

// outcome reads what Zalo says of a message, with status 200 whatever it is.
func (z *zalo) outcome(answer []byte) *SendError {
	var said struct {
		Error   *int
		Message string
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Error == nil {
		return &SendError{Err: fmt.Errorf("zalo: an answer of %d bytes that says nothing", len(answer))}
	}
	code := *said.Error
	if code == 0 {
		return nil
	}
	return &SendError{
		Err: fmt.Errorf("zalo: error %d: %.200s", code, said.Message), Key: slices.Contains(z.KeyErrors, code),
		Lasting: !slices.Contains(z.KeyErrors, code) && !slices.Contains(z.BusyErrors, code),
	}
}

// renew exchanges a refresh token, which is good for one exchange.
func (z *zalo) renew(ctx context.Context, have *talk.Key) (*talk.Key, *SendError) {
	refresh := z.RefreshToken
	if have != nil {
		refresh = have.Refresh
	}
	form := url.Values{"refresh_token": {refresh}, "app_id": {z.AppID}, "grant_type": {"refresh_token"}}
	answer, err := z.postForm(ctx, z.OAuth+"/v4/oa/access_token", http.Header{"secret_key": {z.AppSecret}}, form)
	if err != nil {
		return nil, err
	}
	var said struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Expires seconds `json:"expires_in"`
		Error   int
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Access == "" || said.Refresh == "" {
		return nil, &SendError{Err: fmt.Errorf("zalo: no access token (error %d): put a new refresh token into the settings", said.Error)}
	}
	life := time.Duration(said.Expires.Unix()) * time.Second
	return &talk.Key{Access: said.Access, Refresh: said.Refresh, Expires: z.now().Add(life)}, nil
}
