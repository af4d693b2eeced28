package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
)

func TestChannel(t *testing.T) {
	const h = time.Hour
	wechat := weChatRules(WeChatSettings{Kind: WeChatServiceAccount})
	mini := weChatRules(WeChatSettings{Kind: WeChatMiniProgram})
	zalo := zaloRules(ZaloSettings{FreeFor: 48 * h, FreeCount: 8})
	paid := zaloRules(ZaloSettings{FreeFor: 48 * h, FreeCount: 8, PaidFor: 7 * 24 * h})
	messenger, telegram := messengerRules(), (&telegram{}).rules()
	at := func(d Deed, ago time.Duration, sent int) map[string]talk.Window {
		return map[string]talk.Window{string(d): {At: noon.Add(-ago), Sent: sent}}
	}
	both := func(a, b map[string]talk.Window) map[string]talk.Window {
		for k, v := range b {
			a[k] = v
		}
		return a
	}
	tests := []struct {
		name    string
		rules   Rules
		did     map[string]talk.Window
		staff   bool
		counted bool
		want    Channel // "" is refused
		count   int     // of the refusal
	}{
		{name: "nobody has written yet", rules: wechat},
		{name: "WeChat, first of five", rules: wechat, did: at(Said, 47*h, 0), want: FreeChannel},
		{name: "WeChat, fifth", rules: wechat, did: at(Said, time.Minute, 4), want: FreeChannel},
		{name: "WeChat, sixth", rules: wechat, did: at(Said, time.Minute, 5), count: 5},
		{name: "WeChat, fifth, tried again", rules: wechat, did: at(Said, time.Minute, 5), counted: true, want: FreeChannel},
		{name: "WeChat, sixth, tried again", rules: wechat, did: at(Said, time.Minute, 6), counted: true, count: 5},
		{name: "WeChat, after 48 h", rules: wechat, did: at(Said, 48*h, 0)},
		{name: "WeChat, staff has no more", rules: wechat, did: at(Said, 48*h, 0), staff: true},
		{name: "WeChat, third after a scan", rules: wechat, did: at(Acted, 59*time.Second, 2), want: FreeChannel},
		{name: "WeChat, fourth after a scan", rules: wechat, did: at(Acted, 59*time.Second, 3), count: 3},
		{name: "WeChat, a minute after a scan", rules: wechat, did: at(Acted, time.Minute, 0)},
		{name: "WeChat, scanned anew after five", rules: wechat, did: both(at(Said, h, 5), at(Acted, time.Second, 0)), want: FreeChannel},
		{name: "WeChat, written before the scan", rules: wechat, did: both(at(Said, h, 3), at(Acted, 2*time.Minute, 3)), want: FreeChannel},
		{name: "mini program, second after entering", rules: mini, did: at(Entered, time.Second, 1), want: FreeChannel},
		{name: "mini program, third after entering", rules: mini, did: at(Entered, time.Second, 2), count: 2},
		{name: "mini program, fifth", rules: mini, did: at(Said, h, 4), want: FreeChannel},
		{name: "mini program, sixth", rules: mini, did: at(Said, h, 5), count: 5},
		{name: "Zalo, eighth", rules: zalo, did: at(Said, 47*h, 7), want: FreeChannel},
		{name: "Zalo, ninth costs money, which is not wanted", rules: zalo, did: at(Said, 47*h, 8), count: 8},
		{name: "Zalo, ninth costs money", rules: paid, did: at(Said, 47*h, 8), want: PaidChannel},
		{name: "Zalo, on the third day", rules: paid, did: at(Said, 49*h, 0), want: PaidChannel},
		{name: "Zalo, after a week", rules: paid, did: at(Said, 7*24*h, 0)},
		{name: "Zalo, the free ones first", rules: paid, did: at(Said, h, 0), want: FreeChannel},
		{name: "Messenger, as many as there are", rules: messenger, did: at(Said, 23*h, 500), want: FreeChannel},
		{name: "Messenger, after a day", rules: messenger, did: at(Said, 24*h, 0)},
		{name: "Messenger, staff after a day", rules: messenger, did: at(Said, 24*h, 0), staff: true, want: StaffChannel},
		{name: "Messenger, staff within a day", rules: messenger, did: at(Said, h, 0), staff: true, want: FreeChannel},
		{name: "Messenger, staff after a week", rules: messenger, did: at(Said, 7*24*h, 0), staff: true},
		{name: "Messenger, a link reopens it", rules: messenger, did: both(at(Said, 30*h, 3), at(Referred, h, 0)), want: FreeChannel},
		{name: "Telegram, years after", rules: telegram, did: at(Said, 20_000*h, 900), want: FreeChannel},
		{name: "Telegram, before the start", rules: telegram},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.rules.Channel(tt.did, tt.staff, tt.counted, noon)
			require.Equal(t, tt.want, got)
			if tt.want != "" {
				require.NoError(t, err)
				return
			}
			var refused *WindowError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.count, refused.Count)
		})
	}
}

func TestAnswerOfAPersonIsCountedSinceTheirWords(t *testing.T) {
	c := &talk.Conversation{}
	open(c, Said, noon)
	count(c)
	count(c)
	require.Equal(t, 2, c.Windows["said"].Sent)
	open(c, Said, noon.Add(-time.Second))
	require.Equal(t, 2, c.Windows["said"].Sent, "an older message opened the window anew")
	open(c, Said, noon.Add(time.Second))
	require.Zero(t, c.Windows["said"].Sent)
}
