package chat

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func FuzzReports(f *testing.F) {
	f.Add(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p"},"timestamp":1,"message":{"mid":"m","text":"x"}}]}]}`)
	f.Add(`{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{"id":"1","from":"2","timestamp":"3","text":{"body":"4"}}]}}]}]}`)
	f.Add(`{"update_id":5,"message":{"date":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"/start x"}}`)
	f.Add(`<xml><FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId></xml>`)
	f.Add(`{"app_id":"123","event_name":"user_send_text","timestamp":"1","sender":{"id":"z1"},"message":{"text":"x","msg_id":"1"}}`)
	f.Add(`{"event":"message","timestamp":1,"message_token":1,"sender":{"id":"v"},"message":{"text":"x"}}`)
	f.Add(`{"events":[{"type":"message","webhookEventId":"e","timestamp":1,"source":{"userId":"U"},"message":{"text":"x"}}]}`)
	o := Options{Now: func() time.Time { return noon }, NewID: func() string { return "id" }, Replay: 10 * time.Minute}
	allApps(&o)
	apps, err := (&Service{Options: o}).configured()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body string) {
		for _, a := range apps {
			for _, r := range []report{metaReport(a.name(), body), zaloReportOf(noon, body), weChatReportOf(noon, body), lineReportOf(body), viberReportOf(body)} {
				u, err := url.Parse(r.path)
				require.NoError(t, err)
				h := r.header.Clone()
				if h == nil {
					h = http.Header{}
				}
				h.Set("X-Telegram-Bot-Api-Secret-Token", "hook-secret")
				list, err := a.receive(call{header: h, query: u.Query(), body: []byte(r.body), now: noon})
				if err != nil {
					require.Contains(t, []edge.Kind{edge.Forbidden, edge.Invalid}, edge.KindOf(err))
				}
				for _, m := range usable(list, noon) {
					require.LessOrEqual(t, len([]rune(m.Text)), maxText)
					require.False(t, m.At.After(noon) || m.At.Before(noon.Add(-oldest)))
				}
			}
		}
	})
}

func FuzzWeChatSealed(f *testing.F) {
	f.Add([]byte("0123456789012345678901234567890123456789012345678901234567890123"))
	c, err := newWeChatCipher(testAESKey, "wx1")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		sealed := base64.StdEncoding.EncodeToString(raw)
		_, err := c.open(call{query: url.Values{"timestamp": {"1"}, "nonce": {"n"}, "msg_signature": {weChatSum("t", "1", "n", sealed)}}}, "t", sealed)
		require.Error(t, err, "it opened without the key")
	})
}
