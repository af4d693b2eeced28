package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
)

const chatsOnPage = 100

// Chats is what the pages need of the chat apps.
type Chats interface {
	Waiting(ctx context.Context, all bool, limit int) ([]talk.Conversation, error)
	Talk(ctx context.Context, id string) (*talk.View, error)
	Reply(ctx context.Context, id, by, key, text string) error
	Release(ctx context.Context, id string) error
}

// asking counts the people who wait for an answer, as many as a page shows.
func (p *Pages) asking(c *gin.Context) int {
	if p.Chats == nil {
		return 0
	}
	list, _ := p.Chats.Waiting(c.Request.Context(), false, chatsOnPage) // the page itself says what does not work
	return len(list)
}

type chatsView struct {
	Summary         string
	At              string
	Waiting, Others []chatEntry
}

// chatEntry is a conversation in a list.
type chatEntry struct{ ID, App, Shop, Who, Since, Heard string }

func (p *Pages) chatsPage(c *gin.Context) {
	ctx, w, now := c.Request.Context(), p.words(c), p.Now()
	waiting, err := p.Chats.Waiting(ctx, false, chatsOnPage)
	if err != nil {
		p.fail(c, err)
		return
	}
	all, err := p.Chats.Waiting(ctx, true, chatsOnPage)
	if err != nil {
		p.fail(c, err)
		return
	}
	v := chatsView{Summary: w.T("chats_none"), At: now.In(p.Zone).Format("15:04")}
	switch n := len(waiting); {
	case n == 1:
		v.Summary = w.T("chat_one")
	case n > 1:
		v.Summary = w.T("chats_wait", n)
	}
	for i := range waiting {
		v.Waiting = append(v.Waiting, p.chatEntry(w, now, &waiting[i]))
	}
	for i := range all {
		if all[i].Waits.IsZero() {
			v.Others = append(v.Others, p.chatEntry(w, now, &all[i]))
		}
	}
	p.render(c, "chats", "chats", v)
}

func (p *Pages) chatEntry(w words, now time.Time, c *talk.Conversation) chatEntry {
	e := chatEntry{ID: c.ID, App: appName(c.App), Shop: p.nameOf(c.Shop), Who: w.T("chat_bot"), Heard: w.T("chat_heard", p.clock(c.Heard, now))}
	if c.State == talk.Human {
		e.Who = w.T("chat_human")
	}
	if !c.Waits.IsZero() {
		e.Since = w.T("chat_since", p.clock(c.Waits, now))
	}
	return e
}

// appName is how people write an app's name.
func appName(app string) string {
	names := map[string]string{
		"wechat": "WeChat", "zalo": "Zalo", "messenger": "Messenger", "telegram": "Telegram",
		"whatsapp": "WhatsApp", "line": "LINE", "viber": "Viber",
	}
	return names[app]
}

// chatView is a conversation on its page.
type chatView struct {
	chatEntry
	Human, MayWrite bool
	Why, Key        string
	Lines           []chatLine
	Items, Orders   []string
	Total, Paid     string
}

type chatLine struct {
	Author, At, State, Text, Error string
	Person                         bool
}

func (p *Pages) chatPage(c *gin.Context) {
	t, err := p.Chats.Talk(c.Request.Context(), c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	w, now := p.words(c), p.Now()
	v := chatView{
		chatEntry: p.chatEntry(w, now, &t.Conversation), Human: t.Conversation.State == talk.Human, MayWrite: t.MayWrite, Why: t.Why, Key: nonce(),
	}
	for i := range t.Lines {
		v.Lines = append(v.Lines, p.chatLine(w, now, &t.Lines[i]))
	}
	for _, item := range t.Items {
		name := item.Name.In(w.lang)
		if name == "" {
			name = string(item.SKU)
		}
		if shade := item.Shade.In(w.lang); shade != "" {
			name += " – " + shade
		}
		v.Items = append(v.Items, fmt.Sprintf("%d × %s", item.Quantity, name))
	}
	v.Total = t.Total.In(w.lang)
	if t.Receipt != "" {
		v.Paid = w.T("chat_paid", t.Receipt)
	}
	for _, o := range t.Orders {
		v.Orders = append(v.Orders, o.Number+": "+o.Says.In(w.lang))
	}
	p.render(c, "chat", "chats", v)
}

func (p *Pages) chatLine(w words, now time.Time, l *talk.Line) chatLine {
	v := chatLine{Author: l.Author, At: p.clock(l.At, now), Text: l.Text, Error: l.Error, Person: l.Author == talk.ByPerson}
	switch l.Author {
	case talk.ByPerson:
		v.Author = w.T("chat_person")
	case talk.ByBot:
		v.Author = w.T("chat_by_bot")
	}
	if l.Text == "" {
		v.Text = w.T("chat_no_text")
	}
	if l.URL != "" {
		v.Text += "\n" + l.URL
	}
	switch l.State {
	case talk.Queued:
		v.State = w.T("chat_queued")
	case talk.Refused:
		v.State = w.T("chat_refused")
	case talk.Failed:
		v.State = w.T("chat_failed")
	}
	return v
}

// replyToPerson says something in the name of who has signed in; on HQ's own
// machine, where nobody signs in, in that of the office.
func (p *Pages) replyToPerson(c *gin.Context) {
	p.chatDone(c, p.Chats.Reply(c.Request.Context(), c.Param("id"), officer(c), c.PostForm("key"), c.PostForm("text")))
}

func (p *Pages) releaseChat(c *gin.Context) {
	p.chatDone(c, p.Chats.Release(c.Request.Context(), c.Param("id")))
}

func (p *Pages) chatDone(c *gin.Context, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/chats/"+url.PathEscape(c.Param("id"))+"?lang="+langOf(c))
}
