package chat

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

// A limit that the settings give holds, and one into which nothing fits is
// refused.
func TestMessagesAreAsLongAsTheSettingsSay(t *testing.T) {
	s := newScene(t, allApps)
	long := strings.Repeat("ộ", 1000)
	o := s.options
	o.Messenger.TextLength, o.Messenger.CardLength, o.Messenger.TitleLength = 400, 300, 7
	m, err := newMessenger(*o.Messenger, o)
	require.NoError(t, err)
	require.Equal(t, 400, utf8.RuneCountInString(m.message(talk.Saying{Text: long})["text"].(string)))
	card := m.message(talk.Saying{Text: long, URL: "https://x", Title: long})["attachment"].(map[string]any)["payload"].(map[string]any)
	require.Equal(t, 300, utf8.RuneCountInString(card["text"].(string)))
	require.Equal(t, 7, utf8.RuneCountInString(card["buttons"].([]any)[0].(map[string]string)["title"]))

	for name, change := range map[string]func(*Options){
		"telegram": func(o *Options) { o.Telegram.TextLength = 10 }, "zalo": func(o *Options) { o.Zalo.TextLength = 10 },
		"messenger": func(o *Options) { o.Messenger.TextLength = 10 }, "card": func(o *Options) { o.Messenger.CardLength = 10 },
		"title": func(o *Options) { o.Messenger.TitleLength = 0 }, "wechat": func(o *Options) { o.WeChat.TextBytes = 10 },
		"link": func(o *Options) { o.WeChat.CardBytes = 10 },
	} {
		bad := newScene(t, allApps).options
		change(&bad)
		_, err := New(bad)
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%s: %v", name, err)
	}
}

func TestWeChatsErrorsAreAsTheSettingsSay(t *testing.T) {
	w := &weChat{WeChatSettings: WeChatSettings{KeyErrors: []int{7}, BusyErrors: []int{8}}}
	for answer, want := range map[string]SendError{
		`{"errcode":7}`: {Key: true}, `{"errcode":8}`: {}, `{"errcode":9}`: {Lasting: true}, `{"errcode":40001}`: {Lasting: true},
	} {
		got := w.outcome([]byte(answer))
		require.Equal(t, want, SendError{Key: got.Key, Lasting: got.Lasting}, answer)
	}
	require.Nil(t, w.outcome([]byte(`{"errcode":0}`)))
}
