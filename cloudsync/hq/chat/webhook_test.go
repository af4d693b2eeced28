package chat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// The vectors of the facts: made-up secrets, and what the apps would send.
func TestSignatureVectors(t *testing.T) {
	at := time.Unix(1700000000, 0)
	base := Options{Now: func() time.Time { return at }, NewID: func() string { return "id" }, Replay: 10 * time.Minute}
	header := func(name, value string) http.Header {
		h := http.Header{}
		h.Set(name, value)
		return h
	}
	wechat, err := newWeChat(WeChatSettings{Kind: WeChatServiceAccount, AppID: "wx1", AppSecret: "s", Token: "mytoken", TextBytes: 2048, CardBytes: 1024, KeyErrors: []int{40001, 40014, 42001}, BusyErrors: []int{-1, 45009, 45011}}, base)
	require.NoError(t, err)
	weChatQuery := url.Values{
		"timestamp": {"1700000000"}, "nonce": {"abc123"}, "echostr": {"hello"}, "signature": {"0fa6662d33c8aad54810e35b68ab0716455ffeaa"},
	}
	messenger, err := newMessenger(MessengerSettings{Page: "1", AppSecret: "appsecret", VerifyToken: "v", PageToken: "p", TextLength: 2000, CardLength: 640, TitleLength: 20}, base)
	require.NoError(t, err)
	zalo, err := newZalo(ZaloSettings{AppID: "123", OASecret: "oasecret", AppSecret: "a", RefreshToken: "r", TextLength: 2000}, base)
	require.NoError(t, err)
	line, err := newLINE(LINESettings{"channelsecret"})
	require.NoError(t, err)
	viber, err := newViber(ViberSettings{"authtoken"})
	require.NoError(t, err)

	const zaloBody = `{"app_id":"123","event_name":"user_send_text","timestamp":"1700000000000"}`
	tests := []struct {
		app    app
		header http.Header
		query  url.Values
		body   string
	}{
		{wechat, nil, weChatQuery, `{"FromUserName":"u","CreateTime":1700000000,"MsgType":"event","Event":"x"}`},
		{messenger, header("X-Hub-Signature-256", "sha256=b38a2f589e8e63c7fc3318ee5fad162aa1c05bd62cb1ec87c9a61641619505e2"), nil, `{"object":"page"}`},
		{zalo, header("X-ZEvent-Signature", "mac=ec2c28089bb8948661dfed5d5ed6cff449061724770f1f7cc4b926ff78619fe7"), nil, zaloBody},
		{zalo, header("X-ZEvent-Signature", "ec2c28089bb8948661dfed5d5ed6cff449061724770f1f7cc4b926ff78619fe7"), nil, zaloBody},
		{line, header("X-Line-Signature", "n1arxrIQExU6/tqD9X0pBkbn1Wk47vff3C64zf8+wxU="), nil, `{"events":[]}`},
		{viber, header("X-Viber-Content-Signature", "39dc7e5bba801c82c9d63968f4961ce40b5266472b0663b57f9d415e83e26e31"), nil, `{"events":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.app.name(), func(t *testing.T) {
			good := call{header: tt.header, query: tt.query, body: []byte(tt.body), now: at}
			_, err := tt.app.receive(good)
			require.NoError(t, err)
			for name, values := range tt.header {
				bad := good
				bad.header = http.Header{name: {values[0] + "0"}}
				_, err = tt.app.receive(bad)
				require.Equal(t, edge.Forbidden, edge.KindOf(err), "another signature")
				bad.header = http.Header{}
				_, err = tt.app.receive(bad)
				require.Equal(t, edge.Forbidden, edge.KindOf(err), "no signature")
				bad = good
				bad.body = append([]byte(tt.body), ' ')
				_, err = tt.app.receive(bad)
				require.Equal(t, edge.Forbidden, edge.KindOf(err), "another body")
			}
		})
	}

	echo, err := wechat.challenge(call{query: weChatQuery, now: at})
	require.NoError(t, err)
	require.Equal(t, "hello", echo)
	_, err = wechat.challenge(call{query: weChatQuery, now: at.Add(time.Hour)})
	require.Equal(t, edge.Forbidden, edge.KindOf(err), "an old challenge")
	_, err = zalo.receive(call{header: tests[2].header, body: []byte(zaloBody), now: at.Add(11 * time.Minute)})
	require.Equal(t, edge.Forbidden, edge.KindOf(err), "a replay")
	weChatQuery.Set("nonce", "abc124")
	_, err = wechat.challenge(call{query: weChatQuery, now: at})
	require.Equal(t, edge.Forbidden, edge.KindOf(err), "another nonce")
}

// allApps serves every app.
func allApps(o *Options) {
	withTelegram(o)
	o.WeChat = &WeChatSettings{Kind: WeChatServiceAccount, AppID: "wx1", AppSecret: "wx-secret", Token: "mytoken", TextBytes: 2048, CardBytes: 1024, KeyErrors: []int{40001, 40014, 42001}, BusyErrors: []int{-1, 45009, 45011}, API: "http://127.0.0.1:1"}
	o.Zalo = &ZaloSettings{AppID: "123", OASecret: "oasecret", AppSecret: "zs", RefreshToken: "first", FreeFor: 48 * time.Hour, FreeCount: 8, TextLength: 2000, API: "http://127.0.0.1:1", OAuth: "http://127.0.0.1:1"}
	o.Messenger = &MessengerSettings{Page: "900", AppSecret: "appsecret", VerifyToken: "verify", PageToken: "page-token", TextLength: 2000, CardLength: 640, TitleLength: 20, API: "http://127.0.0.1:1"}
	o.WhatsApp = &WhatsAppSettings{AppSecret: "appsecret", VerifyToken: "verify"}
	o.LINE = &LINESettings{ChannelSecret: "channelsecret"}
	o.Viber = &ViberSettings{AuthToken: "authtoken"}
}

// A report is what an app sends: where to, and signed how.
type report struct {
	path   string
	header http.Header
	body   string
}

func metaReport(app, body string) report {
	return report{"/chat/" + app, http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(sum256("appsecret", []byte(body)))}}, body}
}

func zaloReportOf(at time.Time, body string) report {
	body = strings.Replace(body, "TIME", strconv.FormatInt(at.UnixMilli(), 10), 1)
	sum := sha256.Sum256([]byte("123" + body + strconv.FormatInt(at.UnixMilli(), 10) + "oasecret"))
	return report{"/chat/zalo", http.Header{"X-Zevent-Signature": {"mac=" + hex.EncodeToString(sum[:])}}, body}
}

func weChatReportOf(at time.Time, body string) report {
	now := strconv.FormatInt(at.Unix(), 10)
	q := url.Values{"timestamp": {now}, "nonce": {"n"}, "signature": {weChatSum("mytoken", now, "n")}}
	return report{get("/chat/wechat", q), nil, strings.Replace(body, "TIME", now, 1)}
}

func lineReportOf(body string) report {
	return report{"/chat/line", http.Header{"X-Line-Signature": {base64.StdEncoding.EncodeToString(sum256("channelsecret", []byte(body)))}}, body}
}

func viberReportOf(body string) report {
	return report{"/chat/viber", http.Header{"X-Viber-Content-Signature": {hex.EncodeToString(sum256("authtoken", []byte(body)))}}, body}
}

func (s *scene) reports(r report) int {
	s.t.Helper()
	code, _ := s.ask(http.MethodPost, r.path, r.header, r.body)
	return code
}

// Each app's link brings its payload in a way of its own; the person is tied to
// the cart by it.
func TestLinksBind(t *testing.T) {
	ms := noon.UnixMilli()
	tests := map[string]report{
		"Messenger, new conversation": metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,
			"postback":{"mid":"m.1","title":"Get started","payload":"GO","referral":{"ref":%q,"source":"SHORTLINK","type":"OPEN_THREAD"}}}]}]}`, ms, goodToken)),
		"Messenger, old conversation": metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,
			"referral":{"ref":%q,"source":"SHORTLINK","type":"OPEN_THREAD"}}]}]}`, ms, goodToken)),
		"Telegram start": {
			"/chat/telegram",
			http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}},
			fmt.Sprintf(`{"update_id":5,"message":{"date":%d,"from":{"id":7,"is_bot":false},"chat":{"id":7,"type":"private"},"text":"/start %s"}}`, noon.Unix(), goodToken),
		},
		"WeChat follow by our code": weChatReportOf(noon, `<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>TIME</CreateTime>
			<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_`+goodToken+`]]></EventKey></xml>`),
		"WeChat scan":         weChatReportOf(noon, `<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>event</MsgType><Event>SCAN</Event><EventKey>`+goodToken+`</EventKey></xml>`),
		"WeChat text":         weChatReportOf(noon, `<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>text</MsgType><Content>https://cart.example.com/c/`+goodToken+`</Content><MsgId>99</MsgId></xml>`),
		"WeChat mini program": weChatReportOf(noon, `{"FromUserName":"o1","CreateTime":TIME,"MsgType":"event","Event":"user_enter_tempsession","SessionFrom":"`+goodToken+`"}`),
		"Zalo text":           zaloReportOf(noon, `{"app_id":"123","event_name":"user_send_text","timestamp":"TIME","sender":{"id":"z1"},"recipient":{"id":"oa"},"message":{"text":"Giỏ hàng `+goodToken+`","msg_id":"zm1"}}`),
		"WhatsApp text": metaReport("whatsapp", fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{"id":"wamid.1","from":"84900000000","timestamp":"%d","type":"text",
			"text":{"body":"Gio hang %s"}}]}}]}]}`, noon.Unix(), goodToken)),
		"LINE text":     lineReportOf(fmt.Sprintf(`{"events":[{"type":"message","webhookEventId":"e1","timestamp":%d,"source":{"userId":"U1"},"message":{"id":"1","type":"text","text":"%s"}}]}`, ms, goodToken)),
		"Viber context": viberReportOf(fmt.Sprintf(`{"event":"conversation_started","timestamp":%d,"message_token":4912661846655238145,"context":"%s","user":{"id":"v1","language":"en"}}`, ms, goodToken)),
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, allApps)
			require.Equal(t, http.StatusOK, s.reports(r))
			c := s.talk()
			require.Equal(t, cartID.String(), c.Cart)
			require.Equal(t, "saigon-1", c.Shop)
			if _, writes := s.service.apps[c.App].(sender); !writes {
				require.Empty(t, s.said(talk.Queued), "an answer that nobody sends")
				return
			}
			said := s.last()
			require.Contains(t, said, wordsIn(c.Lang).Bot, "the bot did not say that it is one")
			require.Contains(t, said, "2 × ")
			require.Contains(t, said, "398")
			// The same report again changes nothing.
			require.Equal(t, http.StatusOK, s.reports(r))
			require.Len(t, s.said(talk.Queued), 1)
		})
	}
}

func TestReportsThatSayNothing(t *testing.T) {
	tests := map[string]report{
		"what the page itself said": metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"900"},"recipient":{"id":"900"},"timestamp":%d,"message":{"mid":"m","text":"hi","is_echo":true}}]}]}`, noon.UnixMilli())),
		"another page":              metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p1"},"recipient":{"id":"901"},"timestamp":%d,"message":{"mid":"m","text":"hi"}}]}]}`, noon.UnixMilli())),
		"read and delivered":        metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,"read":{"watermark":1}}]}]}`, noon.UnixMilli())),
		"the account's own words":   zaloReportOf(noon, `{"app_id":"123","event_name":"oa_send_text","timestamp":"TIME","sender":{"id":"oa"},"recipient":{"id":"z1"},"message":{"text":"hi","msg_id":"m"}}`),
		"Zalo looks who is there":   {"/chat/zalo", nil, ""},
		"a group":                   {"/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}}, fmt.Sprintf(`{"update_id":5,"message":{"date":%d,"from":{"id":7},"chat":{"id":-7,"type":"group"},"text":"hi"}}`, noon.Unix())},
		"another bot":               {"/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}}, fmt.Sprintf(`{"update_id":5,"message":{"date":%d,"from":{"id":7,"is_bot":true},"chat":{"id":7,"type":"private"},"text":"hi"}}`, noon.Unix())},
		"an edit":                   {"/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}}, `{"update_id":5,"edited_message":{"text":"hi"}}`},
		"last week's":               {"/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"hook-secret"}}, fmt.Sprintf(`{"update_id":5,"message":{"date":%d,"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"hi"}}`, noon.Add(-oldest-time.Hour).Unix())},
		"LINE's trial":              lineReportOf(`{"destination":"x","events":[]}`),
		"Viber's trial":             viberReportOf(`{"event":"webhook","timestamp":1,"message_token":1}`),
		"without a name":            metaReport("messenger", fmt.Sprintf(`{"object":"page","entry":[{"messaging":[{"recipient":{"id":"900"},"timestamp":%d,"message":{"mid":"m","text":"hi"}}]}]}`, noon.UnixMilli())),
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, allApps)
			require.Equal(t, http.StatusOK, s.reports(r))
			list, err := s.hq.Talks().List(t.Context(), false, 10)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	}
}

func TestReportsThatAreRefused(t *testing.T) {
	s := newScene(t, allApps)
	large := strings.Repeat(" ", maxReport+1)
	many := metaReport("messenger", `{"object":"page","entry":[{"messaging":[`+strings.Repeat(fmt.Sprintf(`{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,"message":{"mid":"m","text":"x"}},`, noon.UnixMilli()), maxMessages)+
		fmt.Sprintf(`{"sender":{"id":"p1"},"recipient":{"id":"900"},"timestamp":%d,"message":{"mid":"m","text":"x"}}]}]}`, noon.UnixMilli()))
	stale := weChatReportOf(noon.Add(-time.Hour), `<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId></xml>`)
	tests := map[string]struct {
		report
		want int
	}{
		"too large":              {metaReport("messenger", large), http.StatusRequestEntityTooLarge},
		"too many":               {many, http.StatusRequestEntityTooLarge},
		"no JSON":                {metaReport("messenger", `{"object":`), http.StatusBadRequest},
		"another object":         {metaReport("messenger", `{"object":"instagram"}`), http.StatusBadRequest},
		"unsigned":               {report{"/chat/messenger", nil, `{"object":"page"}`}, http.StatusForbidden},
		"wrong Telegram secret":  {report{"/chat/telegram", http.Header{"X-Telegram-Bot-Api-Secret-Token": {"other"}}, `{}`}, http.StatusForbidden},
		"no Telegram secret":     {report{"/chat/telegram", nil, `{}`}, http.StatusForbidden},
		"no XML":                 {weChatReportOf(noon, `<xml><FromUserName>`), http.StatusBadRequest},
		"a replay":               {stale, http.StatusForbidden},
		"Zalo for another app":   {zaloReportOf(noon, `{"app_id":"124","event_name":"user_send_text","timestamp":"TIME","sender":{"id":"z1"}}`), http.StatusForbidden},
		"an app that is not one": {report{"/chat/icq", nil, `{}`}, http.StatusNotFound},
	}
	for name, tt := range tests {
		require.Equal(t, tt.want, s.reports(tt.report), name)
	}
	list, err := s.hq.Talks().List(t.Context(), false, 10)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestAppWithoutSettingsIsNotServed(t *testing.T) {
	s := newScene(t)
	for _, app := range []string{WeChat, Zalo, Messenger, Telegram, WhatsApp, LINE, Viber} {
		code, _ := s.ask(http.MethodPost, "/chat/"+app, nil, "{}")
		require.Equal(t, http.StatusNotFound, code, app)
	}
}

func TestMetaChallenge(t *testing.T) {
	s := newScene(t, allApps)
	for _, app := range []string{Messenger, WhatsApp} {
		q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {"verify"}, "hub.challenge": {"12345"}}
		code, answer := s.ask(http.MethodGet, get("/chat/"+app, q), nil, "")
		require.Equal(t, http.StatusOK, code)
		require.Equal(t, "12345", answer)
		q.Set("hub.verify_token", "wrong")
		code, answer = s.ask(http.MethodGet, get("/chat/"+app, q), nil, "")
		require.Equal(t, http.StatusForbidden, code)
		require.Empty(t, answer)
	}
}

const testAESKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

// sealWeChat encrypts a report as WeChat does.
func sealWeChat(t testing.TB, text, appID string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(testAESKey + "=")
	require.NoError(t, err)
	raw := append(make([]byte, 16), binary.BigEndian.AppendUint32(nil, uint32(len(text)))...)
	raw = append(raw, text+appID...)
	fill := weChatBlock - len(raw)%weChatBlock
	for range fill {
		raw = append(raw, byte(fill))
	}
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	return base64.StdEncoding.EncodeToString(raw)
}

func TestWeChatSecureMode(t *testing.T) {
	s := newScene(t, allApps, func(o *Options) { o.WeChat.AESKey = testAESKey })
	clear := fmt.Sprintf(`<xml><FromUserName>o1</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>giỏ hàng</Content><MsgId>1</MsgId></xml>`, noon.Unix())
	send := func(sealed, signedAs string) int {
		r := weChatReportOf(noon, "<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA["+sealed+"]]></Encrypt></xml>")
		now := strconv.FormatInt(noon.Unix(), 10)
		r.path += "&encrypt_type=aes&msg_signature=" + weChatSum("mytoken", now, "n", signedAs)
		return s.reports(r)
	}
	good := sealWeChat(t, clear, "wx1")
	require.Equal(t, http.StatusForbidden, send(good, "another text"))
	foreign := sealWeChat(t, clear, "wx2")
	require.Equal(t, http.StatusForbidden, send(foreign, foreign))
	require.Equal(t, http.StatusForbidden, s.reports(weChatReportOf(noon, clear)), "unencrypted")
	short := base64.StdEncoding.EncodeToString(make([]byte, 32))
	require.Equal(t, http.StatusBadRequest, send(short, short))
	require.Equal(t, http.StatusOK, send(good, good))
	require.Len(t, s.said(talk.Heard), 1)
}

func TestWhoLeavesIsForgotten(t *testing.T) {
	s := newScene(t, allApps)
	follow := zaloReportOf(noon, `{"app_id":"123","event_name":"follow","timestamp":"TIME","follower":{"id":"z1"}}`)
	require.Equal(t, http.StatusOK, s.reports(follow))
	require.NotEmpty(t, s.talk().ID)
	s.pass(time.Minute)
	leave := zaloReportOf(s.now(), `{"app_id":"123","event_name":"unfollow","timestamp":"TIME","follower":{"id":"z1"}}`)
	require.Equal(t, http.StatusOK, s.reports(leave))
	list, err := s.hq.Talks().List(t.Context(), false, 10)
	require.NoError(t, err)
	require.Empty(t, list)
}
