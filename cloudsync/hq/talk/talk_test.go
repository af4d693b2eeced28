package talk

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database/databasetest"
	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestContractOnPostgres(t *testing.T) { databasetest.RunOnPostgres(t) }

// chatting is a place where people write.
type chatting struct {
	*Talks
	t     *testing.T
	clock *edgetest.Clock
}

func newChatting(t *testing.T) *chatting {
	return openChatting(t, databasetest.Place(t), edgetest.NewClock())
}

func openChatting(t *testing.T, where string, clock *edgetest.Clock) *chatting {
	t.Helper()
	db, err := database.Open(t.Context(), where)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	secret := func(purpose string) ([]byte, error) {
		key := sha256.Sum256([]byte(purpose))
		return key[:], nil
	}
	return &chatting{New(Options{DB: db, Keys: edgetest.PersonKeys(), Secret: secret, Now: clock.Now, Said: func() {}, Changed: func() {}}), t, clock}
}

// stored is what a column of a table holds.
func (c *chatting) stored(table, column string) (values []string) {
	c.t.Helper()
	err := database.Select(c.t.Context(), c.db.Read, "select "+column+" from "+table).Each(func(rows *sql.Rows) error {
		var v string
		err := rows.Scan(&v)
		values = append(values, v)
		return err
	})
	require.NoError(c.t, err)
	return values
}

// hear takes in a message of ann's that the bot answers with lines.
func (c *chatting) hear(id string, lines ...Line) (fresh bool) {
	fresh, err := c.Hear(c.t.Context(), Message{App: "telegram", ID: id, Person: "ann", At: c.clock.Now()}, func(*Conversation) ([]Line, error) {
		return lines, nil
	})
	require.NoError(c.t, err)
	return fresh
}

func (c *chatting) only() *Conversation {
	list, err := c.List(c.t.Context(), false, 10)
	require.NoError(c.t, err)
	require.Len(c.t, list, 1)
	return &list[0]
}

func (c *chatting) take(holder string) *Line {
	_, l, err := c.Take(c.t.Context(), "telegram", holder, time.Minute, mayBeSent)
	require.NoError(c.t, err)
	return l
}

func mayBeSent(*Conversation, *Line, bool) error { return nil }

func says(text string) Line {
	return Line{Author: ByBot, State: Queued, Saying: Saying{Text: text}}
}

func TestChatMessageTakesEffectOnce(t *testing.T) {
	c := newChatting(t)
	require.True(t, c.hear("m1", says("hello")))
	require.False(t, c.hear("m1", says("hello again")))
	require.True(t, c.hear("m2"))
	conv, lines, err := c.Find(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, "ann", conv.Person)
	require.Len(t, lines, 1)
	require.Equal(t, "hello", lines[0].Text)
}

func TestChatMessageThatFailsMayComeAgain(t *testing.T) {
	c := newChatting(t)
	broken := errors.New("broken")
	m := Message{App: "telegram", ID: "m1", Person: "ann", At: c.clock.Now()}
	_, err := c.Hear(t.Context(), m, func(*Conversation) ([]Line, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
	require.True(t, c.hear("m1"))
}

func TestChatIsNotReadableInTheDatabase(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("a secret shade"))
	for _, column := range []struct{ table, column string }{{"chat", "id"}, {"chat", "body"}, {"chat_line", "body"}} {
		for _, v := range c.stored(column.table, column.column) {
			require.NotContains(t, v, "ann")
			require.NotContains(t, v, "secret")
		}
	}
	var body []byte
	require.NoError(t, c.db.Read.QueryRowContext(t.Context(), "select body from chat").Scan(&body))
	require.Error(t, c.open("another row", body, &Conversation{}), "it opened in another place")
}

func TestChatLinesGoInOrderAndEachByOne(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"), says("two"))
	first := c.take("a")
	require.Equal(t, "one", first.Text)
	require.Nil(t, c.take("b"), "the second line overtook the first")
	require.NoError(t, c.PutBack(t.Context(), first.N, 10*time.Second, errors.New("busy")))
	require.Nil(t, c.take("b"), "it was not yet due")
	c.clock.Advance(11 * time.Second)
	again := c.take("b")
	require.Equal(t, first.N, again.N)
	require.Equal(t, 2, again.Tries)
	c.clock.Advance(2 * time.Minute)
	require.Equal(t, first.N, c.take("c").N, "its sender died, and nobody took over")
	require.NoError(t, c.NoteSent(t.Context(), first.N))
	second := c.take("a")
	require.Equal(t, "two", second.Text)
	require.NoError(t, c.NoteFailed(t.Context(), second.N, errors.New("no")))
	require.Nil(t, c.take("a"))
	waits, err := c.Waits(t.Context(), "telegram")
	require.NoError(t, err)
	require.False(t, waits)
	_, lines, err := c.Find(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, []string{Sent, Failed}, []string{lines[0].State, lines[1].State})
	require.Equal(t, "no", lines[1].Error)
}

func TestChatLineThatMayNotBeSentIsRefused(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	refusal := errors.New("the window is closed")
	_, l, err := c.Take(t.Context(), "telegram", "a", time.Minute, func(_ *Conversation, _ *Line, first bool) error {
		require.True(t, first)
		return refusal
	})
	require.NoError(t, err)
	require.Nil(t, l)
	_, lines, err := c.Find(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Equal(t, Refused, lines[0].State)
	require.Equal(t, refusal.Error(), lines[0].Error)
}

func TestChatLineOfYesterdayIsNotSent(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	c.clock.Advance(sendingTo + time.Hour)
	require.Nil(t, c.take("a"))
	waits, err := c.Waits(t.Context(), "telegram")
	require.NoError(t, err)
	require.False(t, waits)
}

func TestChatTopicIsToldOnce(t *testing.T) {
	c := newChatting(t)
	c.hear("m1")
	paid := says("paid")
	paid.Topic = "paid 1"
	for range 3 {
		_, err := c.Change(t.Context(), c.only().ID, func(*Conversation) ([]Line, error) { return []Line{paid}, nil })
		require.NoError(t, err)
	}
	_, lines, err := c.Find(t.Context(), c.only().ID, 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
}

func TestChatIsForgotten(t *testing.T) {
	c := newChatting(t)
	c.hear("m1", says("one"))
	had, err := c.Forget(t.Context(), "telegram", "ann", c.clock.Now().Add(-time.Second))
	require.NoError(t, err)
	require.False(t, had, "the person came back after leaving")
	had, err = c.Forget(t.Context(), "telegram", "ann", c.clock.Now())
	require.NoError(t, err)
	require.True(t, had)
	require.Empty(t, c.stored("chat", "id"))
	require.Empty(t, c.stored("chat_line", "n"))
	require.False(t, c.hear("m1"), "an old message brought it back")

	c.hear("m2", says("two"))
	c.clock.Advance(keep + time.Hour)
	_, err = c.Prune(t.Context())
	require.NoError(t, err)
	require.Empty(t, c.stored("chat_line", "n"))
	require.Empty(t, c.stored("chat_taken", "id"))
}

func TestChatKeyIsRenewedByOne(t *testing.T) {
	c := newChatting(t)
	ctx, origin := t.Context(), edge.Hash{1}
	k, err := c.Key(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Nil(t, k)
	hold := func(holder string) bool {
		mine, err := c.HoldKey(ctx, "zalo", holder, time.Minute)
		require.NoError(t, err)
		return mine
	}
	require.True(t, hold("a"))
	require.False(t, hold("b"))
	k, err = c.Key(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Nil(t, k, "a key that nobody has got yet")
	want := &Key{Access: "access", Refresh: "refresh", Expires: c.clock.Now().Add(time.Hour).UTC()}
	require.NoError(t, c.PutKey(ctx, "zalo", origin, want))
	k, err = c.Key(ctx, "zalo", origin)
	require.NoError(t, err)
	require.Equal(t, want, k)
	k, err = c.Key(ctx, "zalo", edge.Hash{2})
	require.NoError(t, err)
	require.Nil(t, k, "the key of other settings")
	require.True(t, hold("b"), "it was given free")
	c.clock.Advance(2 * time.Minute)
	require.True(t, hold("a"), "whoever held it died")
}

func TestChatOutlivesARestart(t *testing.T) {
	where, clock := databasetest.Place(t), edgetest.NewClock()
	c := openChatting(t, where, clock)
	c.hear("m1", says("one"))
	require.NoError(t, c.db.Close())
	c = openChatting(t, where, clock)
	require.False(t, c.hear("m1"))
	require.Equal(t, "one", c.take("a").Text)
}
