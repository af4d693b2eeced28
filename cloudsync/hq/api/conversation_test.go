package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// oneChat is a person who waits.
type oneChat struct{ said []string }

func (o *oneChat) Waiting(_ context.Context, all bool, limit int) ([]talk.Conversation, error) {
	c := o.view().Conversation
	if all {
		c.Waits = time.Time{}
	}
	return []talk.Conversation{c}[:min(limit, 1)], nil
}

func (o *oneChat) view() *talk.View {
	at := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	return &talk.View{
		Conversation: talk.Conversation{ID: "c1", App: "zalo", State: talk.Human, Waits: at, Heard: at, Person: "secret-person", Lang: "vi", Token: "secret-token", Shop: "saigon-1"},
		Lines:        []talk.Line{{N: 1, At: at, Author: talk.ByPerson, State: talk.Heard, Saying: talk.Saying{Text: "alo"}}},
		MayWrite:     true,
		Items:        []talk.Item{{SKU: "LIP-01", Quantity: 2, Price: edge.Money{Amount: 199000, Currency: "VND"}}},
		Total:        edge.Money{Amount: 398000, Currency: "VND"},
		Orders:       []talk.Order{{Number: "D-1", State: "packed", At: at}},
	}
}

func (o *oneChat) Talk(_ context.Context, id string) (*talk.View, error) {
	if id != "c1" {
		return nil, edge.Errorf("oneChat", edge.NotFound, "there is no such conversation")
	}
	return o.view(), nil
}

func (o *oneChat) Reply(_ context.Context, id, by, key, text string) error {
	switch {
	case id != "c1":
		return edge.Errorf("oneChat", edge.NotFound, "there is no such conversation")
	case text == "too late":
		return edge.Errorf("oneChat", edge.Conflict, "nothing was sent")
	case text == "":
		return edge.Errorf("oneChat", edge.Invalid, "write something")
	}
	o.said = append(o.said, by+" "+key+" "+text)
	return nil
}

func (o *oneChat) Release(context.Context, string) error {
	o.said = append(o.said, "released")
	return nil
}

func TestConversations(t *testing.T) {
	chats := &oneChat{}
	a := newApp(t, hqtest.Open(t), func(o *Options) { o.Chats = chats })
	d := a.description()
	answer := func(method, path, target, token, body string, status int) object {
		t.Helper()
		resp := a.request(method, target, token, body)
		defer resp.Body.Close()
		require.Equal(t, status, resp.StatusCode, target)
		var v object
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&v))
		described := d.resolve(d.at("paths", path, strings.ToLower(method), "responses", fmt.Sprint(status)))
		require.NoError(t, d.conforms(v, described["content"].(object)["application/json"].(object)["schema"], path))
		require.NotContains(t, fmt.Sprint(v), "secret", "it says who somebody is")
		return v
	}
	const list, one, say, release = "/v1/conversations", "/v1/conversations/{id}", "/v1/conversations/{id}/reply", "/v1/conversations/{id}/release"
	require.Len(t, answer("GET", list, list, readerToken, "", 200)["conversations"], 1)
	require.Empty(t, answer("GET", list, list+"?all=true&limit=1", readerToken, "", 200)["conversations"].([]any)[0].(object)["waits"])
	answer("GET", list, list+"?all=perhaps", readerToken, "", 400)
	answer("GET", list, list, "wrong", "", 401)
	answer("GET", one, list+"/c1", readerToken, "", 403)
	require.Len(t, answer("GET", one, list+"/c1", operatorToken, "", 200)["items"], 1)
	answer("GET", one, list+"/c2", operatorToken, "", 404)
	answer("POST", say, list+"/c1/reply", readerToken, `{"text":"hi"}`, 403)
	answer("POST", say, list+"/c2/reply", operatorToken, `{"text":"hi"}`, 404)
	answer("POST", say, list+"/c1/reply", operatorToken, `{"text":"too late"}`, 409)
	answer("POST", say, list+"/c1/reply", operatorToken, `{"text":"`+strings.Repeat("x", 5*maxBody)+`"}`, 413)
	for _, body := range []string{``, `{}`, `{"text":"hi","to":"x"}`, `{"text":"hi"} more`, `{"text":1}`} {
		answer("POST", say, list+"/c1/reply", operatorToken, body, 400)
	}
	require.Empty(t, chats.said)
	answer("POST", say, list+"/c1/reply", operatorToken, `{"text":"Chào bạn"}`, 200)
	answer("POST", release, list+"/c1/release", readerToken, "", 403)
	answer("POST", release, list+"/c1/release", operatorToken, "", 200)
	require.Len(t, chats.said, 2)
	require.Regexp(t, `^\S+  Chào bạn$`, chats.said[0])
}

func TestNoConversationsWithoutChatApps(t *testing.T) {
	a := newApp(t, hqtest.Open(t))
	for _, path := range []string{"/v1/conversations", "/v1/conversations/x"} {
		status, body := a.asked(http.MethodGet, path, operatorToken, "")
		require.Equal(t, http.StatusNotFound, status)
		require.Contains(t, body, "hq.yaml")
	}
}

// brokenChats fails inside.
type brokenChats struct{}

var errBroken = errors.New("sql: no such table")

func (brokenChats) Waiting(context.Context, bool, int) ([]talk.Conversation, error) {
	return nil, errBroken
}

func (brokenChats) Talk(context.Context, string) (*talk.View, error)            { return nil, errBroken }
func (brokenChats) Reply(context.Context, string, string, string, string) error { return errBroken }
func (brokenChats) Release(context.Context, string) error                       { return errBroken }
