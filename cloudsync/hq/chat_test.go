package hq

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

// chatting is an HQ to which people write.
type chatting struct {
	*HQ
	t     *testing.T
	clock *edgetest.Clock
}

func newChatting(t *testing.T) *chatting {
	clock := edgetest.NewClock()
	return &chatting{open(t, databasetest.Place(t), clock.Now, newKey(t)), t, clock}
}

// hear takes in a message of ann's that the bot answers with lines.
func (c *chatting) hear(id string, lines ...ChatLine) (fresh bool) {
	fresh, err := c.HearChat(c.t.Context(), ChatMessage{App: "telegram", ID: id, Person: "ann", At: c.clock.Now()}, func(*Conversation) ([]ChatLine, error) {
		return lines, nil
	})
	require.NoError(c.t, err)
	return fresh
}

func (c *chatting) only() *Conversation {
	list, err := c.Chats(c.t.Context(), false, 10)
	require.NoError(c.t, err)
	require.Len(c.t, list, 1)
	return &list[0]
}

func (c *chatting) take(holder string) *ChatLine {
	_, l, err := c.TakeChatLine(c.t.Context(), "telegram", holder, time.Minute, mayBeSent)
	require.NoError(c.t, err)
	return l
}

func mayBeSent(*Conversation, *ChatLine, bool) error { return nil }

func says(text string) ChatLine {
	return ChatLine{Author: ByBot, State: ChatQueued, ChatText: ChatText{Text: text}}
}

func TestChatMessageTakesEffectOnce(t *testing.T) {
	c := newChatting(t)
	require.True(t, c.hear("m1", says("hello")))
	require.False(t, c.hear("m1", says("hello again")))
	require.True(t, c.hear("m2"))
	conv, lines, err := c.Chat(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, "ann", conv.Person)
	require.Len(t, lines, 1)
	require.Equal(t, "hello", lines[0].Text)
}

func TestChatMessageThatFailsMayComeAgain(t *testing.T) {
	c := newChatting(t)
	broken := errors.New("broken")
	m := ChatMessage{App: "telegram", ID: "m1", Person: "ann", At: c.clock.Now()}
	_, err := c.HearChat(t.Context(), m, func(*Conversation) ([]ChatLine, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
	require.True(t, c.hear("m1"))
}

func TestChatIsNotReadableInTheDatabase(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("a secret shade"))
	for _, column := range []struct{ table, column string }{{"chat", "id"}, {"chat", "body"}, {"chat_line", "body"}} {
		for _, v := range table(t, c.HQ, column.table, column.column) {
			require.NotContains(t, v, "ann")
			require.NotContains(t, v, "secret")
		}
	}
	var body []byte
	require.NoError(t, c.db.Read.QueryRowContext(t.Context(), "select body from chat").Scan(&body))
	require.Error(t, c.openChat("another row", body, &Conversation{}), "it opened in another place")
}

func TestChatLinesGoInOrderAndEachByOne(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"), says("two"))
	first := c.take("a")
	require.Equal(t, "one", first.Text)
	require.Nil(t, c.take("b"), "the second line overtook the first")
	require.NoError(t, c.ChatLineAgain(t.Context(), first.N, 10*time.Second, errors.New("busy")))
	require.Nil(t, c.take("b"), "it was not yet due")
	c.clock.Advance(11 * time.Second)
	again := c.take("b")
	require.Equal(t, first.N, again.N)
	require.Equal(t, 2, again.Tries)
	c.clock.Advance(2 * time.Minute)
	require.Equal(t, first.N, c.take("c").N, "its sender died, and nobody took over")
	require.NoError(t, c.ChatLineSent(t.Context(), first.N))
	second := c.take("a")
	require.Equal(t, "two", second.Text)
	require.NoError(t, c.ChatLineFailed(t.Context(), second.N, errors.New("no")))
	require.Nil(t, c.take("a"))
	waits, err := c.ChatWaits(t.Context(), "telegram")
	require.NoError(t, err)
	require.False(t, waits)
	_, lines, err := c.Chat(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, []string{ChatSent, ChatFailed}, []string{lines[0].State, lines[1].State})
	require.Equal(t, "no", lines[1].Error)
}

func TestChatLineThatMayNotBeSentIsRefused(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	refusal := errors.New("the window is closed")
	_, l, err := c.TakeChatLine(t.Context(), "telegram", "a", time.Minute, func(_ *Conversation, _ *ChatLine, first bool) error {
		require.True(t, first)
		return refusal
	})
	require.NoError(t, err)
	require.Nil(t, l)
	_, lines, err := c.Chat(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, ChatRefused, lines[0].State)
	require.Equal(t, refusal.Error(), lines[0].Error)
}

func TestChatLineOfYesterdayIsNotSent(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	c.clock.Advance(chatSendingTo + time.Hour)
	require.Nil(t, c.take("a"))
	waits, err := c.ChatWaits(t.Context(), "telegram")
	require.NoError(t, err)
	require.False(t, waits)
}

func TestChatTopicIsToldOnce(t *testing.T) {
	c := newChatting(t)
	c.hear("m1")
	paid := says("paid")
	paid.Topic = "paid 1"
	for range 3 {
		_, err := c.ChangeChat(t.Context(), c.only().ID, func(*Conversation) ([]ChatLine, error) { return []ChatLine{paid}, nil })
		require.NoError(t, err)
	}
	_, lines, err := c.Chat(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
}

func TestChatIsForgotten(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	had, err := c.ForgetChat(t.Context(), "telegram", "ann", c.clock.Now().Add(-time.Second))
	require.NoError(t, err)
	require.False(t, had, "the person came back after leaving")
	had, err = c.ForgetChat(t.Context(), "telegram", "ann", c.clock.Now())
	require.NoError(t, err)
	require.True(t, had)
	require.Empty(t, table(t, c.HQ, "chat", "id"))
	require.Empty(t, table(t, c.HQ, "chat_line", "n"))
	require.False(t, c.hear("m1"), "an old message brought it back")

	c.hear("m2", says("two"))
	c.clock.Advance(keepChat + time.Hour)
	require.NoError(t, c.pruneTold(t.Context()))
	require.Empty(t, table(t, c.HQ, "chat_line", "n"))
	require.Empty(t, table(t, c.HQ, "chat_taken", "id"))
}

func TestChatsOfACartThatChanged(t *testing.T) {
	c := newChatting(t)
	c.hear("m1")
	cart := edge.NewCart(edge.CartID{1}, c.clock.Now().Add(time.Hour))
	require.NoError(t, c.Enrol(t.Context(), Node{Node: "n", Shop: "s", Key: newKey(t).Public().(ed25519.PublicKey)}))
	shop, err := c.ShopOf(t.Context(), "n")
	require.NoError(t, err)
	require.Equal(t, "s", shop)
	_, err = c.ShopOf(t.Context(), "nobody")
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	_, err = c.OpenCart(t.Context(), cart, "n", false)
	require.NoError(t, err)
	since := c.clock.Now()
	_, err = c.ChangeChat(t.Context(), c.only().ID, func(conv *Conversation) ([]ChatLine, error) {
		conv.Cart = cart.ID.String()
		return nil, nil
	})
	require.NoError(t, err)
	list, err := c.ChatsOfChanged(t.Context(), since, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	list, err = c.ChatsOfChanged(t.Context(), since.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestChatKeyIsRenewedByOne(t *testing.T) {
	c := newChatting(t)
	ctx, origin := t.Context(), edge.Hash{1}
	k, err := c.ChatKey(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Nil(t, k)
	hold := func(holder string) bool {
		mine, err := c.HoldChatKey(ctx, "zalo", holder, time.Minute)
		require.NoError(t, err)
		return mine
	}
	require.True(t, hold("a"))
	require.False(t, hold("b"))
	k, err = c.ChatKey(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Nil(t, k, "a key that nobody has got yet")
	want := &ChatKey{Access: "access", Refresh: "refresh", Expires: c.clock.Now().Add(time.Hour).UTC()}
	require.NoError(t, c.PutChatKey(ctx, "zalo", origin, want))
	k, err = c.ChatKey(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Equal(t, want, k)
	k, err = c.ChatKey(ctx, "zalo", edge.Hash{2})
	require.NoError(t, err)
	require.Nil(t, k, "the key of other settings")
	require.True(t, hold("b"), "it was given free")
	c.clock.Advance(2 * time.Minute)
	require.True(t, hold("a"), "whoever held it died")
}

func TestChatOutlivesARestart(t *testing.T) {
	if databasetest.OnPostgres() {
		t.Skip("the same rows")
	}
	path, clock, key := filepath.Join(t.TempDir(), "hq.db"), edgetest.NewClock(), newKey(t)
	c := &chatting{open(t, path, clock.Now, key), t, clock}
	c.hear("m1", says("one"))
	require.NoError(t, c.Close())
	c = &chatting{open(t, path, clock.Now, key), t, clock}
	require.False(t, c.hear("m1"))
	require.Equal(t, "one", c.take("a").Text)
}
