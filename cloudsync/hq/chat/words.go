package chat

// words are what the bot says in one language.
type words struct {
	Greeting, Bot, Ask, NoCart, CartOf, CartEmpty, Total, NoPrice, More, Open string
	Paid, PaidText, NoSale                                                    string
	BadCode, OldCode, NotYet                                                  string
	Price, Left, None, Unknown, AsOf, Old, TooMany                            string
	OrderIs, NoOrder, OrderNews, Carrier, Tracking                            string
	OpenNow, OpenToday, ClosedToday, Closed, NoHours                          string
	Missed, OnlyText, ToStaff, Thanks, Back                                   string
	Days                                                                      [7]string
}

func wordsIn(lang string) words {
	switch lang {
	case "en":
		return words{
			Greeting: "Hello from %s!", Bot: "I am an automatic assistant (a bot).",
			Ask:    "Ask me for a price, for stock, your order or opening hours. Write “staff” to reach a person.",
			NoCart: "I do not see a cart of yours yet. Scan the code on the mirror in the shop, or send me the code as text.",
			CartOf: "Your cart, filled in %s:", CartEmpty: "Your cart is empty.", Total: "Total: %s", NoPrice: "price at the till", More: "… and %d more", Open: "Open my cart",
			Paid: "Your cart is paid, receipt %s. Thank you!", PaidText: "Paid, receipt %s.", NoSale: "Paid.",
			BadCode: "I cannot read this code. Please scan the one on the screen again.", OldCode: "This code no longer opens. Please take a new one at the mirror in the shop.",
			NotYet: "I do not know this cart yet: the shop's line may be down. It is safe there; try again in a few minutes.",
			Price:  "%s: %s", Left: "%s: %d left", None: "%s: none left", Unknown: "%s: stock not known", AsOf: "Stock as of %s.", Old: "These figures are from %s and may have changed.",
			TooMany: "… and %d others. Tell me the shade or the brand to narrow it down.",
			OrderIs: "Order %s: %s", NoOrder: "I know of no order of yours. An order shows here once it was placed from your cart.", OrderNews: "News of your order %s: %s",
			Carrier: "Carrier: %s.", Tracking: "Carrier: %s, tracking code %s.",
			OpenNow: "Open now, until %s.", OpenToday: "Open today %s–%s.", ClosedToday: "Closed today.", Closed: "closed", NoHours: "I do not know the opening hours. Write “staff” and a person will tell you.",
			Missed: "Sorry, I did not understand that.", OnlyText: "Sorry, I can read text only.",
			ToStaff: "I am passing you on to our staff. They see your cart, and answer here as soon as they can.",
			Thanks:  "You are welcome!", Back: "The assistant (a bot) is back. Write “staff” whenever you want a person.",
			Days: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		}
	case "zh":
		return words{
			Greeting: "您好，这里是 %s！", Bot: "我是自动助手（机器人）。",
			Ask:    "您可以问我价格、库存、订单或营业时间。输入“人工”可联系店员。",
			NoCart: "我还没有看到您的购物车。请扫描店内试妆镜上的码，或把码的文字发给我。",
			CartOf: "您在 %s 选的购物车：", CartEmpty: "购物车是空的。", Total: "合计：%s", NoPrice: "请到收银台询价", More: "……另有 %d 种", Open: "打开购物车",
			Paid: "您的购物车已付款，小票号 %s。谢谢惠顾！", PaidText: "已付款，小票号 %s。", NoSale: "已付款。",
			BadCode: "无法读取此码。请重新扫描屏幕上的码。", OldCode: "此码已失效。请在店内试妆镜前获取新的码。",
			NotYet: "我暂时还不知道这个购物车：门店网络可能中断。购物车仍保留在门店，请几分钟后重试。",
			Price:  "%s：%s", Left: "%s：剩 %d 件", None: "%s：无货", Unknown: "%s：库存未知", AsOf: "库存截至 %s。", Old: "以上数据截至 %s，可能已有变化。",
			TooMany: "……另有 %d 种。请告诉我色号或品牌。",
			OrderIs: "订单 %s：%s", NoOrder: "没有找到您的订单。从购物车下单后会显示在这里。", OrderNews: "您的订单 %s 有新进展：%s",
			Carrier: "承运方：%s。", Tracking: "承运方：%s，运单号 %s。",
			OpenNow: "正在营业，营业至 %s。", OpenToday: "今天营业 %s–%s。", ClosedToday: "今天休息。", Closed: "休息", NoHours: "我不清楚营业时间。输入“人工”，店员会告诉您。",
			Missed: "抱歉，我没有听懂。", OnlyText: "抱歉，我只能阅读文字。",
			ToStaff: "正在为您转接店员。他们能看到您的购物车，会尽快在这里回复。",
			Thanks:  "不客气！", Back: "自动助手（机器人）回来了。需要店员时请输入“人工”。",
			Days: [7]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
		}
	}
	return words{
		Greeting: "Xin chào từ %s!", Bot: "Mình là trợ lý tự động (bot).",
		Ask:    "Bạn có thể hỏi giá, còn hàng hay không, đơn hàng hoặc giờ mở cửa. Gõ “nhân viên” để gặp người thật.",
		NoCart: "Mình chưa thấy giỏ hàng của bạn. Hãy quét mã trên gương trong cửa hàng, hoặc gửi mã cho mình bằng chữ.",
		CartOf: "Giỏ hàng của bạn tại %s:", CartEmpty: "Giỏ hàng đang trống.", Total: "Tổng cộng: %s", NoPrice: "hỏi giá tại quầy", More: "… và %d món khác", Open: "Mở giỏ hàng",
		Paid: "Giỏ hàng của bạn đã được thanh toán, biên lai %s. Cảm ơn bạn!", PaidText: "Đã thanh toán, biên lai %s.", NoSale: "Đã thanh toán.",
		BadCode: "Mình không đọc được mã này. Hãy quét lại mã trên màn hình.", OldCode: "Mã này không còn mở được. Hãy lấy mã mới tại gương trong cửa hàng.",
		NotYet: "Mình chưa biết giỏ hàng này: có thể đường truyền của cửa hàng đang gián đoạn. Giỏ hàng vẫn được giữ ở đó; hãy thử lại sau vài phút.",
		Price:  "%s: %s", Left: "%s: còn %d", None: "%s: hết hàng", Unknown: "%s: chưa rõ tồn kho", AsOf: "Tồn kho lúc %s.", Old: "Số liệu từ %s, có thể đã thay đổi.",
		TooMany: "… và %d loại khác. Cho mình biết màu hoặc thương hiệu nhé.",
		OrderIs: "Đơn hàng %s: %s", NoOrder: "Mình chưa thấy đơn hàng nào của bạn. Đơn sẽ hiện ở đây sau khi bạn đặt từ giỏ hàng.", OrderNews: "Tin mới về đơn hàng %s: %s",
		Carrier: "Đơn vị vận chuyển: %s.", Tracking: "Đơn vị vận chuyển: %s, mã vận đơn %s.",
		OpenNow: "Đang mở cửa, đến %s.", OpenToday: "Hôm nay mở cửa %s–%s.", ClosedToday: "Hôm nay nghỉ.", Closed: "nghỉ", NoHours: "Mình chưa biết giờ mở cửa. Gõ “nhân viên” để được trả lời.",
		Missed: "Xin lỗi, mình chưa hiểu ý bạn.", OnlyText: "Xin lỗi, mình chỉ đọc được chữ.",
		ToStaff: "Mình chuyển bạn cho nhân viên. Họ thấy giỏ hàng của bạn và sẽ trả lời tại đây sớm nhất có thể.",
		Thanks:  "Không có gì ạ!", Back: "Trợ lý tự động (bot) đã trở lại. Gõ “nhân viên” bất cứ khi nào bạn cần người thật.",
		Days: [7]string{"CN", "T2", "T3", "T4", "T5", "T6", "T7"},
	}
}
