package chat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/talk"
	"github.com/mirrorcart/mirrorcart/edge"
)

func TestQuestions(t *testing.T) {
	tests := []struct {
		name, text string
		lang       string // that the app says
		want       []string
		not        string
	}{
		{"price without accents", "gia son do gach bao nhieu vay shop", "", []string{"Son nhung – Đỏ gạch: 199.000 ₫", "Sài Gòn 1: còn 7", "Tồn kho lúc 12:00 22/11/2026"}, "Hồng"},
		{"price with accents", "Son Đỏ Gạch giá bao nhiêu?", "", []string{"199.000 ₫"}, "Hồng"},
		{"English", "how much is the dusty pink lipstick", "", []string{"Velvet lipstick – Dusty pink: ₫199,000"}, "Brick"},
		{"Chinese", "豆沙粉口红多少钱", "", []string{"丝绒口红 – 豆沙粉"}, "砖红"},
		{"both shades", "son nhung", "", []string{"Đỏ gạch", "Hồng đất"}, "Kẻ mắt"},
		{"number of the article", "EYE-LIN-01 còn hàng không", "", []string{"Kẻ mắt nước", "149.000 ₫"}, "Son"},
		{"brand", "Trúc có gì", "", []string{"Kẻ mắt nước"}, "Son"},
		{"hours", "mấy giờ shop mở cửa?", "", []string{"Sài Gòn 1, 1 Lê Lợi", "Đang mở cửa, đến 20:00", "T2–T7: 09:00–21:30", "CN: 10:00–20:00"}, ""},
		{"hours in English", "when are you open", "", []string{"Open now, until 20:00", "Mon–Sat: 09:00–21:30"}, ""},
		{"hours in Chinese", "你们几点营业", "", []string{"营业至 20:00"}, ""},
		{"the app's language counts", "lipstick", "zh-hans", []string{"丝绒口红"}, ""},
		{"another language of the app", "lipstick", "fr", []string{"Velvet lipstick"}, ""},
		{"orders", "đơn hàng của tôi đâu", "", []string{"Mình chưa thấy đơn hàng"}, ""},
		{"no cart yet", "giỏ hàng", "", []string{"quét mã trên gương"}, ""},
		{"greeting", "xin chào", "", []string{"Gương Đẹp", "bot"}, ""},
		{"thanks", "cảm ơn bạn", "", []string{"Không có gì"}, ""},
		{"small talk is no product", "hôm nay trời đẹp quá son ạ đi chơi không", "", []string{"chưa hiểu"}, "199"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, withTelegram)
			s.telegramSays(1, tt.text, func(body string) string {
				return strings.Replace(body, `"language_code":""`, fmt.Sprintf(`"language_code":%q`, tt.lang), 1)
			})
			for _, want := range tt.want {
				require.Contains(t, s.last(), want)
			}
			if tt.not != "" {
				require.NotContains(t, s.last(), tt.not)
			}
		})
	}
}

func TestFiguresThatAreOldAreSaidToBe(t *testing.T) {
	s := newScene(t, withTelegram)
	s.pass(time.Hour)
	s.telegramSays(1, "gia son do gach")
	require.Contains(t, s.last(), "Số liệu từ 12:00 22/11/2026, có thể đã thay đổi")
}

func TestCodesThatAreTyped(t *testing.T) {
	s := newScene(t, withTelegram)
	cart, _, err := s.hq.Cart(t.Context(), cartID)
	require.NoError(t, err)
	s.telegramSays(1, "Gio hang "+strings.ToLower(cart.Code()))
	require.Equal(t, cartID.String(), s.talk().Cart)
	require.Contains(t, s.last(), "2 × ")
}

// Ten letters may be a code, and words: they are words where no cart has them.
func TestWordsThatLookLikeACode(t *testing.T) {
	s := newScene(t, withTelegram)
	s.telegramSays(1, "price today")
	require.Contains(t, s.last(), "Sorry, I did not understand")
}

func TestCodesThatDoNotOpen(t *testing.T) {
	s := newScene(t, withTelegram)
	s.telegramSays(1, "/start "+lateToken)
	require.Contains(t, s.last(), "không còn mở được")
	s.telegramSays(2, "/start "+strings.Repeat("x", 40))
	require.Contains(t, s.last(), "không đọc được mã")
	require.Empty(t, s.talk().Cart)
}

// Somebody who guesses codes soon gets no answer whether one was right.
func TestCodesCannotBeGuessed(t *testing.T) {
	s := newScene(t, withTelegram)
	for i := range codesAtOnce {
		s.telegramSays(i, "/start "+strings.Repeat("x", 40))
		s.pass(time.Second)
	}
	s.telegramSays(99, "/start "+goodToken)
	require.Empty(t, s.talk().Cart)
	s.pass(codeEvery)
	s.telegramSays(100, "/start "+goodToken)
	require.NotEmpty(t, s.talk().Cart)
}

func TestWhoWritesTooMuchIsNotAnswered(t *testing.T) {
	s := newScene(t, withTelegram)
	for i := range 3 * messagesAtOnce {
		s.telegramSays(i, "xin chào")
	}
	require.Len(t, s.said(talk.Queued), messagesAtOnce)
}

func TestWithdrawnCartIsNotShown(t *testing.T) {
	s := newScene(t, withTelegram)
	s.telegramSays(1, "/start "+goodToken)
	require.Contains(t, s.last(), "2 × ")
	_, err := s.hq.ChangeCart(t.Context(), cartID, "g1", (*edge.Cart).WithdrawLinks)
	require.NoError(t, err)
	s.telegramSays(2, "giỏ hàng")
	require.NotContains(t, s.last(), "2 × ")
	require.Contains(t, s.last(), "quét mã trên gương")
	shown, err := s.service.Talk(t.Context(), s.talk().ID)
	require.NoError(t, err)
	require.Empty(t, shown.Items)
}

func TestStaffAfterTwoMisses(t *testing.T) {
	s := newScene(t, withTelegram)
	s.telegramSays(1, "/start "+goodToken)
	s.telegramSays(2, "blah blah")
	require.Contains(t, s.last(), "chưa hiểu")
	require.Equal(t, talk.Bot, s.talk().State)
	s.telegramSays(3, "cảm ơn") // what is understood between two misses
	s.telegramSays(4, "blah blah")
	require.Equal(t, talk.Bot, s.talk().State)
	s.telegramSays(5, "") // a picture
	require.Contains(t, s.last(), "chuyển bạn cho nhân viên")
	require.Equal(t, talk.Human, s.talk().State)
	require.Equal(t, noon, s.talk().Waits.UTC())
	before := len(s.said(talk.Queued))
	s.telegramSays(6, "giá son đỏ gạch")
	require.Len(t, s.said(talk.Queued), before, "the bot spoke while a person was to answer")
	list, err := s.service.Waiting(t.Context(), false, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	shown, err := s.service.Talk(t.Context(), list[0].ID)
	require.NoError(t, err)
	require.True(t, shown.MayWrite)
	require.Equal(t, "saigon-1", shown.Conversation.Shop)
	require.Equal(t, []talk.Item{{SKU: "LIP-VEL-01", Name: testRelease().Variants[0].Name, Shade: testRelease().Variants[0].Shade, Quantity: 2, Price: vnd(199000)}}, shown.Items)
	require.Equal(t, vnd(398000), shown.Total)

	require.NoError(t, s.service.Reply(t.Context(), list[0].ID, "lan", "", "Chào bạn, mình là Lan."))
	require.Equal(t, "Chào bạn, mình là Lan.", s.last())
	for range 2 {
		require.NoError(t, s.service.Reply(t.Context(), list[0].ID, "lan", "0123456789", "Mình giúp gì được?"))
	}
	require.Len(t, s.said(talk.Queued), before+2, "an answer sent twice went out twice")
	require.Zero(t, s.talk().Waits)
	s.telegramSays(7, "cảm ơn Lan")
	require.False(t, s.talk().Waits.IsZero(), "the person waits again")
	require.NoError(t, s.service.Release(t.Context(), list[0].ID))
	require.Contains(t, s.last(), "bot")
	s.telegramSays(8, "giá son đỏ gạch")
	require.Contains(t, s.last(), "199.000")
}

func TestStaffOnRequest(t *testing.T) {
	for _, text := range []string{"cho mình gặp nhân viên", "can I speak to staff", "转人工"} {
		s := newScene(t, withTelegram)
		s.telegramSays(1, text)
		require.Equal(t, talk.Human, s.talk().State, text)
	}
}

func TestBotComesBackADayAfterTheLastWord(t *testing.T) {
	s := newScene(t, withTelegram)
	s.telegramSays(1, "nhân viên")
	require.NoError(t, s.service.Reply(t.Context(), s.talk().ID, "lan", "", "Chào bạn."))
	s.pass(staffSilent + time.Hour)
	s.telegramSays(2, "giá son đỏ gạch")
	require.Contains(t, s.last(), "199.000")
}

func TestOperatorsAnswers(t *testing.T) {
	s := newScene(t, allApps)
	require.Equal(t, 200, s.reports(weChatReportOf(noon, `<xml><FromUserName>o1</FromUserName><CreateTime>TIME</CreateTime><MsgType>text</MsgType><Content>人工</Content><MsgId>1</MsgId></xml>`)))
	id := s.talk().ID
	for _, text := range []string{"", "  ", strings.Repeat("x", maxReply+1), "a\x00b"} {
		require.Equal(t, edge.Invalid, edge.KindOf(s.service.Reply(t.Context(), id, "lan", "", text)), "%q", text)
	}
	require.Equal(t, edge.Invalid, edge.KindOf(s.service.Reply(t.Context(), id, talk.ByBot, "", "hi")))
	require.Equal(t, edge.NotFound, edge.KindOf(s.service.Reply(t.Context(), "nobody", "lan", "", "hi")))
	require.NoError(t, s.service.Reply(t.Context(), id, "lan", "", "你好"))
	s.pass(48 * time.Hour)
	err := s.service.Reply(t.Context(), id, "lan", "", "你好")
	require.Equal(t, edge.Conflict, edge.KindOf(err))
	require.Contains(t, err.Error(), "nothing was sent")
}

func TestNewsOfTheCart(t *testing.T) {
	s := newScene(t, withTelegram)
	s.orders.list = []talk.Order{{Number: "D-1", State: "placed", Says: text("đã đặt", "placed", "已下单")}}
	s.telegramSays(1, "/start "+goodToken)
	look := func() []string {
		require.NoError(t, s.service.tellSince(t.Context(), noon.Add(-time.Hour)))
		return s.said(talk.Queued)[1:]
	}
	require.Empty(t, look(), "what was known when the cart was opened is no news")
	s.orders.list[0].State, s.orders.list[0].Says = "packed", text("đã đóng gói", "packed", "已打包")
	require.Equal(t, []string{"Tin mới về đơn hàng D-1: đã đóng gói"}, look())
	s.gateway.Sell(noon, 398000, func(sale *edge.Sale) { sale.Cart = cartID })
	told := look()
	require.Len(t, told, 2)
	require.Contains(t, told[1], "đã được thanh toán, biên lai T1-")
	require.Len(t, look(), 2, "told twice")
	s.restart()
	require.Len(t, look(), 2, "told again after a restart")
}

func TestOrdersAreTold(t *testing.T) {
	s := newScene(t, withTelegram)
	s.orders.list = []talk.Order{{Number: "D-1", State: "packed", Says: text("đã đóng gói", "packed", "已打包")}}
	s.telegramSays(1, "/start "+goodToken)
	s.telegramSays(2, "đơn hàng của tôi tới đâu rồi")
	require.Equal(t, "Đơn hàng D-1: đã đóng gói", s.last())
	s.orders.list[0].Parcel = &edge.Parcel{Carrier: "GHN", Code: "LA3C8U"}
	s.telegramSays(3, "đơn hàng của tôi tới đâu rồi")
	require.Equal(t, "Đơn hàng D-1: đã đóng gói Đơn vị vận chuyển: GHN, mã vận đơn LA3C8U.", s.last())
	s.orders.list[0].Parcel = &edge.Parcel{Carrier: "xe của cửa hàng"}
	s.telegramSays(4, "đơn hàng của tôi tới đâu rồi")
	require.Equal(t, "Đơn hàng D-1: đã đóng gói Đơn vị vận chuyển: xe của cửa hàng.", s.last())
}

func TestLanguageOf(t *testing.T) {
	for _, tt := range []struct{ app, text, before, want string }{
		{"", "", "", "vi"},
		{"", "gia bao nhieu", "", "vi"},
		{"", "how much", "", "en"},
		{"", "多少钱", "", "zh"},
		{"", "đẹp", "en", "vi"},
		{"", "ok", "en", "en"},
		{"vi-VN", "how much", "", "vi"},
		{"en", "đẹp", "vi", "en"},
		{"zh-TW", "hi", "", "zh"},
		{"zh-hans", "hi", "", "zh"},
		{"ru", "привет", "", "en"},
		{"???", "多少", "", "zh"},
	} {
		require.Equal(t, tt.want, languageOf(&Message{Lang: tt.app, Text: tt.text}, tt.before), "%+v", tt)
	}
}

func TestHours(t *testing.T) {
	for _, bad := range []string{"", "mon", "mon 9:00-10:00", "mon 10:00-09:00", "foo 09:00-10:00", "mon-foo 09:00-10:00", "mon 09:00-24:01", "mon 09:00-10:00 "} {
		_, err := ParseHours([]string{bad})
		require.Equal(t, edge.Invalid, edge.KindOf(err), "%q", bad)
	}
	_, err := ParseHours([]string{"mon-wed 09:00-10:00", "tue 11:00-12:00"})
	require.Error(t, err, "a day twice")
	h, err := ParseHours([]string{"fri-mon 22:00-24:00"})
	require.NoError(t, err)
	w := wordsIn("en")
	sunday := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	require.Contains(t, h.in(w, sunday), "Open today 22:00–24:00.\nMon: 22:00–24:00\nTue–Thu: closed\nFri–Sun: 22:00–24:00")
	require.Contains(t, h.in(w, sunday.Add(23*time.Hour)), "Open now, until 24:00.")
	require.Contains(t, h.in(w, sunday.Add(2*24*time.Hour)), "Closed today.")
}

func TestTextsAreCut(t *testing.T) {
	require.Equal(t, "đẹp", clip("đẹp", 3))
	require.Equal(t, "đẹ…", clip("đẹp quá", 3))
	require.Equal(t, "đ…", clipBytes("đẹp quá", 6))
	require.Equal(t, "a b\nc", plain(" a\tb\nc\x00\u202e "))
	require.Equal(t, " son do gach 口 红 ", fold("Son ĐỎ-gạch口红!"))
}
