package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Chats is what the API needs of the chat apps.
type Chats interface {
	Waiting(ctx context.Context, all bool, limit int) ([]talk.Conversation, error)
	Talk(ctx context.Context, id string) (*talk.View, error)
	Reply(ctx context.Context, id, by, key, text string) error
	Release(ctx context.Context, id string) error
}

// Conversation is one person who writes in a chat app. Who it is does not leave
// HQ.
type Conversation struct {
	ID    string     `json:"id"`
	App   string     `json:"app"`
	State talk.State `json:"state"`
	Waits time.Time  `json:"waits,omitzero"`
	Heard time.Time  `json:"heard"`
	Lang  string     `json:"lang"`
	Shop  string     `json:"shop,omitempty"`
}

// Talk is a conversation with what was said and what the person has from the
// shop.
type Talk struct {
	Conversation
	Messages []ChatMessage `json:"messages"`
	MayReply bool          `json:"may_reply"`
	WhyNot   string        `json:"why_not,omitempty"`
	Items    []talk.Item   `json:"items"`
	Total    *edge.Money   `json:"total,omitempty"`
	Receipt  string        `json:"receipt,omitempty"`
	Orders   []talk.Order  `json:"orders"`
}

// ChatMessage is something that was said, or is to be sent.
type ChatMessage struct {
	At     time.Time `json:"at"`
	Author string    `json:"author"`
	State  string    `json:"state"`
	Text   string    `json:"text"`
	URL    string    `json:"url,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// ChatReply is the body of an operator's answer.
type ChatReply struct {
	Text string `json:"text"`
}

func conversationOf(c *talk.Conversation) Conversation {
	return Conversation{ID: c.ID, App: c.App, State: c.State, Waits: c.Waits, Heard: c.Heard, Lang: c.Lang, Shop: c.Shop}
}

// chats refuses where HQ serves no chat apps.
func (a *API) chats(c *gin.Context) bool {
	if a.Chats == nil {
		a.fail(c, edge.Errorf("api", edge.NotFound, "no chat app is set up: see chat in hq.yaml"))
		return false
	}
	return true
}

// conversations lists those that wait for an operator, longest first, or with
// all=true all of them, the latest first.
func (a *API) conversations(c *gin.Context) {
	if !a.chats(c) {
		return
	}
	all, err := truthOf(c, "all")
	if err != nil {
		a.fail(c, err)
		return
	}
	limit, err := limitOf(c)
	if err != nil {
		a.fail(c, err)
		return
	}
	found, err := a.Chats.Waiting(c.Request.Context(), all, limit)
	if err != nil {
		a.fail(c, err)
		return
	}
	list := make([]Conversation, len(found))
	for i := range found {
		list[i] = conversationOf(&found[i])
	}
	reply(c, http.StatusOK, gin.H{"conversations": list})
}

func (a *API) conversation(c *gin.Context) {
	if a.chats(c) {
		a.showTalk(c)
	}
}

func (a *API) showTalk(c *gin.Context) {
	v, err := a.Chats.Talk(c.Request.Context(), c.Param("id"))
	if err != nil {
		a.fail(c, err)
		return
	}
	t := Talk{
		Conversation: conversationOf(&v.Conversation), Messages: make([]ChatMessage, len(v.Lines)), MayReply: v.MayWrite, WhyNot: v.Why,
		Items: append([]talk.Item{}, v.Items...), Receipt: v.Receipt, Orders: append([]talk.Order{}, v.Orders...),
	}
	if v.Total.Currency != "" {
		t.Total = &v.Total
	}
	for i, l := range v.Lines {
		t.Messages[i] = ChatMessage{At: l.At, Author: l.Author, State: l.State, Text: l.Text, URL: l.URL, Error: l.Error}
	}
	reply(c, http.StatusOK, t)
}

// replyToPerson says something in the name of the token.
func (a *API) replyToPerson(c *gin.Context) {
	if !a.chats(c) {
		return
	}
	var r ChatReply
	if err := body(c, &r); err != nil {
		a.fail(c, err)
		return
	}
	if err := a.Chats.Reply(c.Request.Context(), c.Param("id"), c.GetString(tokenName), c.GetHeader("Idempotency-Key"), r.Text); err != nil {
		a.fail(c, err)
		return
	}
	a.showTalk(c)
}

// releaseConversation gives a person back to the bot.
func (a *API) releaseConversation(c *gin.Context) {
	if !a.chats(c) {
		return
	}
	if err := a.Chats.Release(c.Request.Context(), c.Param("id")); err != nil {
		a.fail(c, err)
		return
	}
	a.showTalk(c)
}
