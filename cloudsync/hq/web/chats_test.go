package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// office is what people in chat apps said, and are answered.
type office struct {
	talk *talk.View
	keys []string
}

func (o *office) Waiting(_ context.Context, all bool, _ int) ([]talk.Conversation, error) {
	if !all && o.talk.Conversation.Waits.IsZero() {
		return nil, nil
	}
	return []talk.Conversation{o.talk.Conversation}, nil
}

func (o *office) Talk(_ context.Context, id string) (*talk.View, error) {
	if id != o.talk.Conversation.ID {
		return nil, edge.Errorf("office", edge.NotFound, "there is no such conversation")
	}
	return o.talk, nil
}

func (o *office) Reply(_ context.Context, _, by, key, text string) error {
	if !o.talk.MayWrite {
		return edge.Errorf("office", edge.Conflict, "too late: nothing was sent")
	}
	o.keys = append(o.keys, key)
	o.talk.Conversation.Waits = time.Time{}
	o.talk.Lines = append(o.talk.Lines, talk.Line{N: 9, At: noon, Author: by, State: talk.Queued, Saying: talk.Saying{Text: text}})
	return nil
}

func (o *office) Release(context.Context, string) error {
	o.talk.Conversation.State = talk.Bot
	return nil
}

func newOffice(t *testing.T, tokens ...account.Token) (*app, *office) {
	a := newApp(t, tokens...)
	text := func(vi, en, zh string) edge.Text { return edge.Text{VI: vi, EN: en, ZH: zh} }
	o := &office{talk: &talk.View{
		Conversation: talk.Conversation{ID: "c1", App: "zalo", State: talk.Human, Waits: noon.Add(-3 * time.Minute), Heard: noon, Person: "secret-person", Token: "secret-token", Lang: "vi", Shop: "saigon-1"},
		Lines: []talk.Line{
			{N: 1, At: noon.Add(-5 * time.Minute), Author: talk.ByPerson, State: talk.Heard, Saying: talk.Saying{Text: "Son này <b>có</b> bền màu không ạ?"}},
			{N: 2, At: noon.Add(-4 * time.Minute), Author: talk.ByBot, State: talk.Sent, Saying: talk.Saying{Text: "Xin lỗi, mình chưa hiểu ý bạn."}},
			{N: 3, At: noon.Add(-3 * time.Minute), Author: talk.ByPerson, State: talk.Heard},
			{N: 4, At: noon.Add(-3 * time.Minute), Author: talk.ByBot, State: talk.Failed, Error: "zalo: error -230", Saying: talk.Saying{Text: "Mình chuyển bạn cho nhân viên."}},
		},
		MayWrite: true,
		Items:    []talk.Item{{SKU: "LIP-01", Name: text("Son nhung", "Velvet lipstick", "丝绒口红"), Shade: text("Đỏ gạch", "Brick red", "砖红"), Quantity: 2, Price: edge.Money{Amount: 199000, Currency: "VND"}}},
		Total:    edge.Money{Amount: 398000, Currency: "VND"},
		Orders:   []talk.Order{{Number: "A1B2C3", State: "packed", Says: text("Đã đóng gói", "Packed", "已打包"), At: noon}},
	}}
	a.pages.Chats = o
	engine := gin.New()
	a.pages.Register(engine)
	a.handler, a.engine = engine, engine
	return a, o
}

func TestChatsPage(t *testing.T) {
	a, o := newOffice(t)
	page := a.page("/chats?lang=en")
	require.Contains(t, page, "1 person waits for an answer")
	require.Contains(t, page, `href="/chats/c1?lang=en"`)
	require.Contains(t, a.page("/?lang=en"), `<span id="asking" data-live> <mark>1</mark></span>`)
	o.talk.Conversation.Waits = time.Time{}
	page = a.page("/chats?lang=vi")
	require.Contains(t, page, "Không ai đang chờ trả lời")
	require.Contains(t, page, "Các cuộc trò chuyện khác")
	require.NotContains(t, newApp(t).page("/"), "/chats", "a link to what is not served")
}

func TestChatPage(t *testing.T) {
	a, o := newOffice(t)
	page := a.page("/chats/c1?lang=vi")
	for _, want := range []string{
		"Son này &lt;b&gt;có&lt;/b&gt; bền màu", "(không phải chữ)", "ứng dụng không nhận", "zalo: error -230",
		"2 × Son nhung – Đỏ gạch", "398.000 ₫", "A1B2C3: Đã đóng gói", "Trả lại cho bot",
	} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "secret", "it says who somebody is")
	key := regexp.MustCompile(`name="key" value="([^"]{8,80})"`).FindStringSubmatch(page)
	require.NotNil(t, key)
	require.Equal(t, "/chats/c1?lang=vi", a.post("/chats/c1/reply?lang=vi", url.Values{"key": {key[1]}, "text": {"Dạ có ạ."}}))
	require.Equal(t, []string{key[1]}, o.keys)
	require.Contains(t, a.page("/chats/c1?lang=vi"), "Dạ có ạ.")
	a.post("/chats/c1/release?lang=vi", nil)
	require.NotContains(t, a.page("/chats/c1?lang=vi"), "Trả lại cho bot")

	o.talk.MayWrite, o.talk.Why = false, "the person last wrote too long ago"
	page = a.page("/chats/c1?lang=en")
	require.Contains(t, page, "The app does not let us write now")
	require.NotContains(t, page, "<textarea")
	resp, _ := a.do(http.MethodPost, "/chats/c1/reply", "text=x")
	require.Equal(t, http.StatusConflict, resp.StatusCode)
	resp, _ = a.get("/chats/c2")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

// Whoever reads what a person wrote stands in the log, once for each opening, however
// the page is asked for.
func TestReadingAConversationIsWrittenDown(t *testing.T) {
	a, _ := newOffice(t)
	now := noon
	a.pages.Now = func() time.Time { return now }
	read := func() (subjects []string) {
		acts, err := a.Accounts().Acts(t.Context(), 0, 100)
		require.NoError(t, err)
		for _, act := range acts {
			if act.What == "GET /chats/:id" {
				require.NotEmpty(t, act.By)
				subjects = append(subjects, act.Subject)
			}
		}
		return subjects
	}
	a.page("/chats")
	require.Empty(t, read(), "the list names nobody")
	a.page("/chats/c1?part=1")
	require.Equal(t, []string{"/chats/c1"}, read())
	for range 3 { // kept up to date
		now = now.Add(openFor - time.Minute)
		a.page("/chats/c1?part=1")
	}
	require.Len(t, read(), 1)
	now = now.Add(openFor)
	a.page("/chats/c1")
	require.Len(t, read(), 2)
	resp, _ := a.get("/chats/c2")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	require.Len(t, read(), 3, "what was tried, too")
}

// What people write holds names and addresses: it is for those who answer.
func TestReaderReadsNoConversation(t *testing.T) {
	a, o := newOffice(t, account.Token{Name: "lan", Role: account.Viewer, SHA256: [32]byte{1}})
	cookie := sessionCookie + "=" + a.pages.newSession(a.pages.Tokens[0])
	resp, page := a.get("/chats/c1", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.NotContains(t, page, "bền màu")
	resp, _ = a.get("/chats", "Cookie", cookie)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	resp, _ = a.do(http.MethodPost, "/chats/c1/reply", "text=x", "Cookie", cookie)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Empty(t, o.keys)
	resp, _ = a.get("/chats/c1")
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}
