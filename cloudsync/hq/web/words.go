package web

import (
	"fmt"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// words are the pages' texts in one language.
type words struct {
	lang string

	Shops, Sales, Language, AsOf              string
	AllRight, NeedsLook, NotYet, StillSelling string
	LastEvent, Heard, Today, Never            string
	NoShops, NoSales, Newest                  string
	Receipt, Shop, Time, Pieces, Paid, Total  string
	Received, Offline                         string
	Live, Waiting, Still                      string
}

func wordsIn(lang string) words {
	switch lang {
	case "en":
		return words{
			lang: lang, Shops: "Shops", Sales: "Sales", Language: "Language", AsOf: "As of",
			AllRight: "All right", NeedsLook: "Needs a look", NotYet: "Has not connected yet",
			StillSelling: "The shop goes on selling; its sales arrive when the line is back.",
			LastEvent:    "Last event", Heard: "Last heard from", Today: "Sales today", Never: "never",
			NoShops: "No shop is enrolled yet. Enrol a gateway and it appears here by itself.",
			NoSales: "No sales yet. The first one appears here by itself.", Newest: "The newest are shown; /v1/sales has them all.",
			Receipt: "Receipt", Shop: "Shop", Time: "Time", Pieces: "Pieces", Paid: "Paid", Total: "Total",
			Received: "Received", Offline: "recorded offline",
			Live: "Live", Waiting: "No connection to HQ, trying again…", Still: "Reload the page to see what is new",
		}
	case "zh":
		return words{
			lang: lang, Shops: "门店", Sales: "销售", Language: "语言", AsOf: "截至",
			AllRight: "一切正常", NeedsLook: "需要查看", NotYet: "尚未连接过",
			StillSelling: "门店仍在照常销售，线路恢复后数据会自动送达。",
			LastEvent:    "最近事件", Heard: "最近联系", Today: "今日销售", Never: "从未",
			NoShops: "尚未登记任何门店。登记网关后会自动显示在这里。",
			NoSales: "还没有销售记录。第一笔销售会自动显示在这里。", Newest: "此处显示最新的记录；全部记录见 /v1/sales。",
			Receipt: "小票号", Shop: "门店", Time: "时间", Pieces: "件数", Paid: "付款方式", Total: "合计",
			Received: "收到时间", Offline: "离线记录",
			Live: "实时", Waiting: "与总部的连接已断开，正在重试…", Still: "刷新页面可查看最新内容",
		}
	}
	return words{
		lang: "vi", Shops: "Cửa hàng", Sales: "Đơn bán", Language: "Ngôn ngữ", AsOf: "Lúc",
		AllRight: "Mọi thứ ổn", NeedsLook: "Cần xem lại", NotYet: "Chưa kết nối lần nào",
		StillSelling: "Cửa hàng vẫn bán bình thường; dữ liệu sẽ về khi có mạng lại.",
		LastEvent:    "Sự kiện cuối", Heard: "Tin gần nhất", Today: "Bán hôm nay", Never: "chưa có",
		NoShops: "Chưa có cửa hàng nào. Đăng ký một thiết bị, cửa hàng sẽ tự hiện ở đây.",
		NoSales: "Chưa có đơn bán nào. Đơn đầu tiên sẽ tự hiện ở đây.", Newest: "Đây là các đơn mới nhất; xem tất cả tại /v1/sales.",
		Receipt: "Biên lai", Shop: "Cửa hàng", Time: "Thời gian", Pieces: "Số món", Paid: "Thanh toán", Total: "Tổng cộng",
		Received: "Nhận lúc", Offline: "ghi khi mất mạng",
		Live: "Trực tiếp", Waiting: "Mất kết nối với trụ sở, đang thử lại…", Still: "Tải lại trang để xem nội dung mới",
	}
}

// say picks the sentence of the language and fills it in.
func (w words) say(vi, en, zh string, args ...any) string {
	return fmt.Sprintf(edge.Text{VI: vi, EN: en, ZH: zh}.In(w.lang), args...)
}

func (w words) summary(shops, troubled int) string {
	switch {
	case shops == 0:
		return w.NoShops
	case troubled == 0 && shops == 1:
		return w.say("Cửa hàng hoạt động ổn", "The shop is all right", "门店一切正常")
	case troubled == 0:
		return w.say("Cả %d cửa hàng đều ổn", "All %d shops are all right", "%d 家门店一切正常", shops)
	}
	return w.say("%[1]d trên %[2]d cửa hàng cần xem lại", "%[1]d of %[2]d shops need a look", "%[2]d 家门店中有 %[1]d 家需要查看", troubled, shops)
}

func (w words) downSince(at string) string {
	return w.say("Mất kết nối từ %s", "Line down since %s", "线路自 %s 起中断", at)
}

func (w words) unusable(n int64) string {
	return w.say("Sự kiện không dùng được, chờ người xem: %d", "Events that could not be used and wait for a person: %d", "无法使用、等待人工处理的事件：%d", n)
}

func (w words) differing(n int64) string {
	return w.say("Chứng từ không khớp với chứng từ khác: %d", "Records that do not add up with others: %d", "与其他记录不符的单据：%d", n)
}

func (w words) missing(n uint64) string {
	return w.say("Sự kiện còn thiếu, đã yêu cầu gửi lại: %d", "Events still missing and asked for again: %d", "缺少并已重新请求的事件：%d", n)
}

func (w words) waiting(n int64) string {
	return w.say("Thay đổi đang chờ gửi tới cửa hàng: %d", "Changes waiting to go to the shop: %d", "等待发送到门店的更改：%d", n)
}

func (w words) later(d time.Duration) string {
	return w.say("trễ %s", "%s later", "晚 %s", w.span(d))
}

func (w words) age(d time.Duration) string {
	if d < time.Minute {
		return w.say("vừa xong", "just now", "刚刚")
	}
	return w.say("%s trước", "%s ago", "%s前", w.span(d))
}

// span is a length of time in its largest unit.
func (w words) span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return w.say("%d phút", "%d min", "%d 分钟", int(d.Minutes()))
	case d < 48*time.Hour:
		return w.say("%d giờ", "%d h", "%d 小时", int(d.Hours()))
	}
	return w.say("%d ngày", "%d days", "%d 天", int(d.Hours())/24)
}

func (w words) method(m edge.Method) string {
	switch m {
	case edge.Cash:
		return w.say("Tiền mặt", "Cash", "现金")
	case edge.Card:
		return w.say("Thẻ", "Card", "银行卡")
	}
	return string(m)
}
