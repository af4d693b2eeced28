package chat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Kinds of WeChat accounts.
const (
	WeChatServiceAccount = "service-account"
	WeChatMiniProgram    = "mini-program" // its customer service
)

// WeChatSettings are those of a service account or a mini program.
type WeChatSettings struct {
	Kind      string
	AppID     string
	AppSecret string // renews the access token
	Token     string // signs what is reported
	AESKey    string // EncodingAESKey: 43 characters; empty where reports come unencrypted
	TextBytes int    // of a message
	CardBytes int    // of the text of one with a link
	// By which WeChat says that the access token is not good, and that it has too
	// much to do.
	KeyErrors, BusyErrors []int
	API                   string // https://api.weixin.qq.com
	PerSecond             float64
}

type weChat struct {
	*caller
	WeChatSettings
	key    *renewed
	cipher *weChatCipher // nil where reports come unencrypted
	replay time.Duration
}

func newWeChat(s WeChatSettings, o Options) (*weChat, error) {
	const op = "chat.newWeChat"
	if s.AppID == "" || s.AppSecret == "" || s.Token == "" || s.Kind != WeChatServiceAccount && s.Kind != WeChatMiniProgram {
		return nil, edge.Errorf(op, edge.Invalid, "kind, app id, app secret and token are all needed")
	}
	if err := errors.Join(checkLength(s.TextBytes), checkLength(s.CardBytes)); err != nil {
		return nil, err
	}
	w := &weChat{caller: newCaller(WeChat, s.PerSecond, o), WeChatSettings: s, replay: o.Replay}
	w.key = newRenewed(WeChat, s.AppID+" "+s.AppSecret, o, w.renew)
	if s.AESKey != "" {
		var err error
		if w.cipher, err = newWeChatCipher(s.AESKey, s.AppID); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
	}
	return w, nil
}

func (*weChat) name() string { return WeChat }

// weChatRules: after a message five within 48 hours; after a follow, a scan or a
// choice from the menu three within a minute; two within a minute after a mini
// program's chat was opened (facts: WeChat's pages on customer service messages).
func weChatRules(s WeChatSettings) Rules {
	said := Allowance{For: 48 * time.Hour, Count: 5}
	if s.Kind == WeChatMiniProgram {
		return Rules{Free: map[Deed]Allowance{Said: said, Entered: {time.Minute, 2}}}
	}
	return Rules{Free: map[Deed]Allowance{Said: said, Acted: {time.Minute, 3}}}
}

func (w *weChat) rules() Rules { return weChatRules(w.WeChatSettings) }

func (w *weChat) challenge(r call) (string, error) {
	if err := w.signed(r); err != nil {
		return "", err
	}
	return url.Values(r.query).Get("echostr"), nil
}

// signed checks the address's signature, which says nothing of the body: the
// encrypted form has one more that does.
func (w *weChat) signed(r call) error {
	const op = "chat.weChat.signed"
	q := url.Values(r.query)
	if !same(q.Get("signature"), weChatSum(w.Token, q.Get("timestamp"), q.Get("nonce"))) {
		return forbidden(op, "the signature does not fit: check token")
	}
	n, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil {
		return forbidden(op, "the timestamp is no number")
	}
	return within(op, time.Unix(n, 0), r.now, w.replay)
}

// weChatReport is a message or an event; a service account sends it as XML, a
// mini program as either.
type weChatReport struct {
	Encrypt      string
	FromUserName string
	CreateTime   seconds
	MsgType      string
	Content      string
	MsgID        weChatID `xml:"MsgId" json:"MsgId"`
	Event        string
	EventKey     string
	SessionFrom  string
}

// weChatID is a number in XML and in JSON, and has no other meaning.
type weChatID string

func (id *weChatID) UnmarshalJSON(b []byte) error {
	*id = weChatID(trimQuotes(b))
	return nil
}

func (s *seconds) UnmarshalText(b []byte) error { return s.UnmarshalJSON(b) }

func (w *weChat) receive(r call) ([]Message, error) {
	const op = "chat.weChat.receive"
	if err := w.signed(r); err != nil {
		return nil, err
	}
	var report weChatReport
	if err := decodeWeChat(op, r.body, &report); err != nil {
		return nil, err
	}
	if w.cipher != nil {
		clear, err := w.cipher.open(r, w.Token, report.Encrypt)
		if err != nil {
			return nil, err
		}
		report = weChatReport{}
		if err := decodeWeChat(op, clear, &report); err != nil {
			return nil, err
		}
	}
	m := Message{Person: report.FromUserName, At: report.CreateTime.Time, ID: string(report.MsgID)}
	if m.ID == "" { // events have none: WeChat says to tell them apart by this
		m.ID = fmt.Sprintf("%s %s %d", report.Event, m.Person, m.At.Unix())
	}
	if report.MsgType != "event" {
		m.Did, m.Text = Said, report.Content
		return []Message{m}, nil
	}
	switch report.Event {
	case "subscribe", "SCAN":
		m.Did, m.Payload, m.Began = Acted, strings.TrimPrefix(report.EventKey, "qrscene_"), true
	case "CLICK":
		m.Did, m.Began = Acted, true
	case "user_enter_tempsession":
		m.Did, m.Payload = Entered, report.SessionFrom
	case "unsubscribe":
		m.Gone = true
	default:
		return nil, nil
	}
	return []Message{m}, nil
}

func decodeWeChat(op string, body []byte, v *weChatReport) error {
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '<' {
		if err := xml.Unmarshal(body, v); err != nil {
			return unreadable(op, err)
		}
		return nil
	}
	return decode(op, body, v)
}

func (w *weChat) send(ctx context.Context, person string, t talk.Saying, _ Channel) *SendError {
	body := map[string]any{"touser": person}
	switch {
	case t.URL == "":
		body["msgtype"], body["text"] = "text", map[string]string{"content": clipBytes(t.Text, w.TextBytes)}
	case w.Kind == WeChatMiniProgram:
		body["msgtype"] = "link"
		body["link"] = map[string]string{"title": t.Title, "description": clipBytes(t.Text, w.CardBytes), "url": t.URL}
	default:
		article := map[string]string{"title": t.Title, "description": clipBytes(t.Text, w.CardBytes), "url": t.URL}
		body["msgtype"], body["news"] = "news", map[string]any{"articles": []any{article}}
	}
	return w.key.use(ctx, func(access string) *SendError {
		answer, err := w.post(ctx, w.API+"/cgi-bin/message/custom/send?access_token="+url.QueryEscape(access), nil, body)
		if err != nil {
			return err
		}
		return w.outcome(answer)
	})
}

// outcome reads what WeChat says of a call, with status 200 whatever it is.
func (w *weChat) outcome(answer []byte) *SendError {
	var said struct {
		Code    *int   `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return &SendError{Err: fmt.Errorf("wechat: an answer of %d bytes that says nothing", len(answer))}
	}
	if said.Code == nil || *said.Code == 0 {
		return nil
	}
	code := *said.Code
	return &SendError{
		Err: fmt.Errorf("wechat: error %d: %.200s", code, said.Message), Key: slices.Contains(w.KeyErrors, code),
		Lasting: !slices.Contains(w.KeyErrors, code) && !slices.Contains(w.BusyErrors, code),
	}
}

// renew asks for the token that is the same for all who ask, so that several
// collectors do not take it from each other.
func (w *weChat) renew(ctx context.Context, have *talk.Key) (*talk.Key, *SendError) {
	body := map[string]any{"grant_type": "client_credential", "appid": w.AppID, "secret": w.AppSecret, "force_refresh": have != nil && w.now().Before(have.Expires)}
	answer, err := w.post(ctx, w.API+"/cgi-bin/stable_token", nil, body)
	if err == nil {
		err = w.outcome(answer)
	}
	if err != nil {
		return nil, err
	}
	var said struct {
		Access  string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Access == "" {
		return nil, &SendError{Err: fmt.Errorf("wechat: an answer of %d bytes without an access token", len(answer))}
	}
	return &talk.Key{Access: said.Access, Expires: w.now().Add(time.Duration(cmp.Or(said.Seconds, 7200)) * time.Second)}, nil
}
