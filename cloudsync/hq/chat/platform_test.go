package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
)

// platform is an app's server: it checks each call like the app does, and
// misbehaves when told to.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	faults []string                                   // calls that the app would not understand
	sent   []string                                   // texts taken, with their recipients
	next   []func(http.ResponseWriter, *http.Request) // answers the next calls instead
	calls  int
}

// take notes a text that was taken.
func (p *platform) take(person, text string) {
	p.sent = append(p.sent, person+": "+text)
}

func (p *platform) texts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.sent...)
}

func (p *platform) then(answers ...func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append(p.next, answers...)
}

func newPlatform(t *testing.T, serve func(p *platform, w http.ResponseWriter, r *http.Request, body []byte) error) *platform {
	p := &platform{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls++
		body, err := io.ReadAll(r.Body)
		if err == nil && len(p.next) > 0 {
			answer := p.next[0]
			p.next = p.next[1:]
			answer(w, r)
			return
		}
		if err == nil {
			err = serve(p, w, r, body)
		}
		if err != nil {
			p.faults = append(p.faults, err.Error())
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(p.Close)
	t.Cleanup(func() { require.Empty(t, p.faults) })
	return p
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func says200(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// want says in words where a call is not as the app wants it.
func want(what string, got, wanted any) error {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		return fmt.Errorf("%s: %v, want %v", what, got, wanted)
	}
	return nil
}

func telegramServer(t *testing.T) *platform {
	return newPlatform(t, func(p *platform, w http.ResponseWriter, r *http.Request, body []byte) error {
		var m struct {
			Chat   string `json:"chat_id"`
			Text   string
			Markup struct {
				Keyboard [][]struct{ Text, URL string } `json:"inline_keyboard"`
			} `json:"reply_markup"`
		}
		err := errors.Join(json.Unmarshal(body, &m), want("path", r.URL.Path, "/bot123:abc/sendMessage"), want("method", r.Method, "POST"),
			want("kind", r.Header.Get("Content-Type"), "application/json"), want("chat", m.Chat, "77"),
			want("a text that fits", m.Text != "" && len([]rune(m.Text)) <= 4096, true))
		p.take(m.Chat, m.Text)
		for _, row := range m.Markup.Keyboard {
			u, uerr := url.Parse(row[0].URL)
			err = errors.Join(err, uerr, want("a title", row[0].Text != "", true), want("an address", u.Scheme, "https"))
		}
		fmt.Fprint(w, `{"ok":true,"result":{}}`)
		return err
	})
}

func (s *scene) eventually(what string, f func() bool) {
	s.t.Helper()
	require.Eventually(s.t, f, 2*time.Minute, 10*time.Millisecond, what)
}

func (s *scene) allSent() bool {
	for _, l := range s.lines() {
		if l.State == talk.Queued {
			return false
		}
	}
	return true
}

func TestTelegramTakesWhatIsSaid(t *testing.T) {
	p := telegramServer(t)
	s := newScene(t, withTelegram, func(o *Options) { o.Telegram.API = p.URL })
	defer s.run()()
	s.telegramSays(1, "/start "+goodToken)
	s.telegramSays(2, "giá son đỏ gạch")
	s.eventually("not sent", func() bool { return len(p.texts()) == 2 && s.allSent() })
	require.Contains(t, p.texts()[0], "77: Xin chào")
	require.Contains(t, p.texts()[1], "199.000")
}

func TestMessengerTakesWhatIsSaid(t *testing.T) {
	var tags []string
	p := newPlatform(t, func(p *platform, w http.ResponseWriter, r *http.Request, body []byte) error {
		var m struct {
			Recipient struct{ ID string }
			Type      string `json:"messaging_type"`
			Tag       string
			Message   struct {
				Text       string
				Attachment struct {
					Type    string
					Payload struct {
						Template string `json:"template_type"`
						Text     string
						Buttons  []struct{ Type, URL, Title string }
					}
				}
			}
		}
		err := errors.Join(json.Unmarshal(body, &m), want("path", r.URL.Path, "/v23.0/900/messages"), want("key", r.Header.Get("Authorization"), "Bearer page-token"))
		card := m.Message.Attachment
		if m.Message.Text == "" {
			err = errors.Join(err, want("attachment", card.Type, "template"), want("template", card.Payload.Template, "button"),
				want("a text that fits", len([]rune(card.Payload.Text)) <= 640, true), want("buttons", len(card.Payload.Buttons), 1),
				want("button", card.Payload.Buttons[0].Type, "web_url"), want("a title that fits", len([]rune(card.Payload.Buttons[0].Title)) <= 20, true))
		}
		tags = append(tags, m.Type+" "+m.Tag)
		p.take(m.Recipient.ID, m.Message.Text+card.Payload.Text)
		fmt.Fprint(w, `{"recipient_id":"p1","message_id":"m"}`)
		return err
	})
	s := newScene(t, allApps, func(o *Options) { o.Messenger.API = p.URL + "/v23.0" })
	defer s.run()()
	writes := func(mid, text string) report {
		return metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,"message":{"mid":%q,"text":%q}}]}]}`, s.now().UnixMilli(), mid, text))
	}
	require.Equal(t, 200, s.reports(writes("m1", goodToken)))
	s.eventually("not sent", func() bool { return len(p.texts()) == 1 && s.allSent() })
	require.Equal(t, 200, s.reports(writes("m2", "nhân viên")))
	s.eventually("not sent", func() bool { return len(p.texts()) == 2 && s.allSent() })
	s.pass(25 * time.Hour)
	require.NoError(t, s.service.Reply(t.Context(), s.talk().ID, "lan", "", "Chào bạn"))
	s.eventually("not sent", func() bool { return len(p.texts()) == 3 && s.allSent() })
	require.Equal(t, []string{"RESPONSE ", "RESPONSE ", "MESSAGE_TAG HUMAN_AGENT"}, tags)
}

func TestWeChatTakesWhatIsSaid(t *testing.T) {
	tokens := 0
	p := newPlatform(t, func(p *platform, w http.ResponseWriter, r *http.Request, body []byte) error {
		if r.URL.Path == "/cgi-bin/stable_token" {
			var m struct{ GrantType, AppID, Secret string }
			tokens++
			fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":7200}`, tokens)
			return errors.Join(json.Unmarshal([]byte(strings.Replace(string(body), "grant_type", "granttype", 1)), &m),
				want("grant", m.GrantType, "client_credential"), want("app", m.AppID, "wx1"), want("secret", m.Secret, "wx-secret"))
		}
		var m struct {
			ToUser, MsgType string
			Text            struct{ Content string }
			News            struct {
				Articles []struct{ Title, Description, URL string }
			}
		}
		err := errors.Join(json.Unmarshal(body, &m), want("path", r.URL.Path, "/cgi-bin/message/custom/send"), want("key", r.URL.Query().Get("access_token"), fmt.Sprintf("token-%d", tokens)))
		text := m.Text.Content
		if m.MsgType == "news" {
			err = errors.Join(err, want("articles", len(m.News.Articles), 1))
			text = m.News.Articles[0].Description
		}
		p.take(m.ToUser, text)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
		return errors.Join(err, want("a text that fits", text != "" && len(text) <= 2048, true))
	})
	s := newScene(t, allApps, func(o *Options) { o.WeChat.API = p.URL })
	defer s.run()()
	writes := func(id int, text string) report {
		return weChatReportOf(s.now(), fmt.Sprintf(`<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId></xml>`, text, id))
	}
	require.Equal(t, 200, s.reports(writes(1, goodToken)))
	s.eventually("not sent", func() bool { return len(p.texts()) == 1 && s.allSent() })
	// The token is taken back by WeChat: a new one is asked for, once.
	p.then(says200(`{"errcode":40001,"errmsg":"invalid credential"}`))
	require.Equal(t, 200, s.reports(writes(2, "你好")))
	s.eventually("not sent", func() bool { return len(p.texts()) == 2 && s.allSent() })
	require.Equal(t, 2, tokens)
	// The count is used up by WeChat's own reckoning: not tried again.
	p.then(says200(`{"errcode":45047,"errmsg":"out of response count limit"}`))
	require.Equal(t, 200, s.reports(writes(3, "谢谢")))
	s.eventually("not refused", s.allSent)
	require.Len(t, s.said(talk.Failed), 1)
	require.Len(t, p.texts(), 2)
}

func TestZaloTakesWhatIsSaid(t *testing.T) {
	refresh, access, renewals := "first", "", 0
	p := newPlatform(t, func(p *platform, w http.ResponseWriter, r *http.Request, body []byte) error {
		if r.URL.Path == "/v4/oa/access_token" {
			form, err := url.ParseQuery(string(body))
			err = errors.Join(err, want("refresh token, good once", form.Get("refresh_token"), refresh), want("app", form.Get("app_id"), "123"),
				want("grant", form.Get("grant_type"), "refresh_token"), want("secret", r.Header.Get("secret_key"), "zs"))
			renewals++
			refresh, access = fmt.Sprintf("refresh-%d", renewals), fmt.Sprintf("access-%d", renewals)
			fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":"90000"}`, access, refresh)
			return err
		}
		var m struct {
			Recipient struct {
				ID string `json:"user_id"`
			}
			Message struct{ Text string }
		}
		err := errors.Join(json.Unmarshal(body, &m), want("path", r.URL.Path, "/v3.0/oa/message/cs"), want("a text that fits", len([]rune(m.Message.Text)) <= 2000, true))
		if r.Header.Get("Access_token") != access {
			fmt.Fprint(w, `{"error":-216,"message":"Access token is invalid"}`)
			return nil
		}
		p.take(m.Recipient.ID, m.Message.Text)
		fmt.Fprint(w, `{"error":0,"message":"Success"}`)
		return err
	})
	s := newScene(t, allApps, func(o *Options) { o.Zalo.API, o.Zalo.OAuth, o.Zalo.KeyErrors = p.URL, p.URL, []int{-216} })
	stop := s.run()
	writes := func(id int, text string) report {
		return zaloReportOf(s.now(), fmt.Sprintf(`{"app_id":"123","event_name":"user_send_text","timestamp":"TIME","sender":{"id":"z1"},"recipient":{"id":"oa"},"message":{"text":%q,"msg_id":"m%d"}}`, text, id))
	}
	require.Equal(t, 200, s.reports(writes(1, goodToken)))
	s.eventually("not sent", func() bool { return len(p.texts()) == 1 && s.allSent() })
	require.Contains(t, p.texts()[0], "https://cart.example.com/c/"+goodToken)
	stop()
	// A restart goes on with the key that was renewed: the first one is used up.
	s.restart()
	defer s.run()()
	require.Equal(t, 200, s.reports(writes(2, "cảm ơn")))
	s.eventually("not sent", func() bool { return len(p.texts()) == 2 && s.allSent() })
	require.Equal(t, 1, renewals)
	s.pass(25 * time.Hour)
	require.Equal(t, 200, s.reports(writes(3, "cảm ơn")))
	s.eventually("not sent", func() bool { return len(p.texts()) == 3 && s.allSent() })
	require.Equal(t, 2, renewals)
}
