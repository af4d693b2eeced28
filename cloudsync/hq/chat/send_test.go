package chat

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// What an app does not take for a while is tried again, and not sooner than it
// asks for; what it never takes is not.
func TestTriesAgain(t *testing.T) {
	p := telegramServer(t)
	s := newScene(t, withTelegram, func(o *Options) { o.Telegram.API = p.URL })
	p.then(status(500), status(http.StatusTooManyRequests, "Retry-After", "40"))
	defer s.run()()
	s.telegramSays(1, "cảm ơn")
	tries := func(n int) {
		s.t.Helper()
		s.eventually(fmt.Sprintf("not tried %d times", n), func() bool { l := s.lines(); return l[len(l)-1].Tries == n && l[len(l)-1].Error != "" || s.allSent() })
	}
	tries(1)
	require.Empty(t, p.texts())
	s.pass(2 * time.Second)
	s.eventually("not tried again", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.calls == 2 })
	s.eventually("Retry-After is not noted", func() bool { l := s.lines(); return strings.Contains(l[len(l)-1].Error, "429") })
	s.pass(39 * time.Second)
	require.True(t, s.service.apps[Telegram].(sender).resting(), "it did not ask for 40 seconds in vain")
	s.pass(2 * time.Second)
	s.eventually("not sent", func() bool { return len(p.texts()) == 1 && s.allSent() })

	p.then(status(http.StatusForbidden))
	s.telegramSays(2, "cảm ơn")
	s.eventually("not given up", s.allSent)
	require.Len(t, s.said(talk.Failed), 1)
	require.Len(t, p.texts(), 1)
}

func TestErrorsHoldNoKeys(t *testing.T) {
	s := newScene(t, withTelegram)
	failed := s.service.apps[Telegram].(sender).send(t.Context(), "77", talk.Saying{Text: "x"}, FreeChannel)
	require.Error(t, failed)
	require.NotContains(t, failed.Error(), "123:abc")
}

func TestAppThatDoesNotAnswerIsLeftInPeace(t *testing.T) {
	p := telegramServer(t)
	s := newScene(t, withTelegram, func(o *Options) { o.Telegram.API = p.URL })
	a := s.service.apps[Telegram].(*telegram)
	for range breakAfter {
		p.then(status(503))
		require.False(t, a.resting())
		require.Error(t, a.send(t.Context(), "77", talk.Saying{Text: "x"}, FreeChannel))
	}
	require.True(t, a.resting())
	failed := a.send(t.Context(), "77", talk.Saying{Text: "x"}, FreeChannel)
	require.ErrorIs(t, failed, gobreaker.ErrOpenState)
	require.False(t, failed.Lasting)
	require.Equal(t, breakAfter, p.calls, "it was called while it rests")
}

// Texts wait in the database: a program that dies at any moment sends each at
// least once, and notes it.
func TestKilledWhileSending(t *testing.T) {
	const people = 40
	p := newPlatform(t, func(p *platform, w http.ResponseWriter, _ *http.Request, body []byte) error {
		var m struct {
			Chat string `json:"chat_id"`
			Text string
		}
		err := json.Unmarshal(body, &m)
		p.take(m.Chat, m.Text)
		fmt.Fprint(w, `{"ok":true}`)
		return err
	})
	s := newScene(t, withTelegram, func(o *Options) { o.Telegram.API = p.URL })
	for i := range people {
		s.telegramSays(i, "cảm ơn", func(body string) string {
			return strings.Replace(body, `"chat":{"id":77,`, fmt.Sprintf(`"chat":{"id":%d,`, 1000+i), 1)
		})
	}
	// Some die with a line in their hands: sent and not noted, or not even sent.
	for range 3 {
		for range 5 {
			c, l, err := s.hq.Talks().Take(t.Context(), Telegram, "dies", sendHold, func(*talk.Conversation, *talk.Line, bool) error { return nil })
			require.NoError(t, err)
			if l.N%2 == 0 {
				require.Nil(t, s.service.apps[Telegram].(sender).send(t.Context(), c.Person, l.Saying, FreeChannel))
			}
		}
		require.NoError(t, s.hq.Close())
		s.openHQ()
		s.restart()
		stop := s.run()
		s.eventually("nothing was sent", func() bool { return len(p.texts()) > 0 })
		stop()
	}
	defer s.run()()
	s.pass(2 * sendHold)
	s.eventually("something was not sent", func() bool {
		waits, err := s.hq.Talks().Waits(t.Context(), Telegram)
		return err == nil && !waits
	})
	got := map[string]int{}
	for _, text := range p.texts() {
		got[text]++
	}
	require.Len(t, got, people, "somebody was told nothing")
	for text, n := range got {
		require.LessOrEqual(t, n, 2, text)
	}
	list, err := s.hq.Talks().List(t.Context(), false, 100)
	require.NoError(t, err)
	for _, c := range list {
		_, lines, err := s.hq.Talks().Find(t.Context(), c.ID, 10)
		require.NoError(t, err)
		require.Equal(t, talk.Sent, lines[1].State)
	}
}

func TestNothingIsSentOutsideTheWindow(t *testing.T) {
	p := newPlatform(t, func(*platform, http.ResponseWriter, *http.Request, []byte) error { return errors.New("it was called") })
	s := newScene(t, allApps, func(o *Options) { o.WeChat.API = p.URL })
	require.Equal(t, 200, s.reports(weChatReportOf(noon, `<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>event</MsgType><Event>CLICK</Event><EventKey>menu</EventKey></xml>`)))
	require.Len(t, s.said(talk.Queued), 1)
	s.pass(61 * time.Second)
	defer s.run()()
	s.eventually("not refused", s.allSent)
	require.Len(t, s.said(talk.Refused), 1)
}

func TestKeyIsRenewedOnceByMany(t *testing.T) {
	s := newScene(t)
	var mu sync.Mutex
	renewals := 0
	renew := func(context.Context, *talk.Key) (*talk.Key, *SendError) {
		mu.Lock()
		defer mu.Unlock()
		renewals++
		return &talk.Key{Access: fmt.Sprint(renewals), Expires: s.now().Add(2 * time.Hour)}, nil
	}
	var collectors [3]*renewed
	for i := range collectors {
		collectors[i] = newRenewed("zalo", "settings", s.options, renew)
	}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			for {
				k, err := collectors[i%3].key(context.Background(), nil)
				if err == nil {
					require.Equal(t, "1", k.Access)
					return
				}
				if err.After == 0 {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, renewals)
	bad := collectors[0].have
	k, err := collectors[0].key(t.Context(), bad)
	require.Nil(t, err)
	require.Equal(t, "2", k.Access)
	k, err = collectors[1].key(t.Context(), bad)
	require.Nil(t, err)
	require.Equal(t, "2", k.Access, "another collector asked for one more")
	other := newRenewed("zalo", "other settings", s.options, renew)
	k, err = other.key(t.Context(), nil)
	require.Nil(t, err)
	require.Equal(t, "3", k.Access, "new settings went on with the old key")
	require.NotEqual(t, edge.Hash(sha256.Sum256([]byte("settings"))), other.origin)
}
