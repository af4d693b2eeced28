package cart

import "github.com/mirrorcart/mirrorcart/edge"

// words are the page's texts in one language.
type words struct {
	Title, One, Many, Total, Till, Empty   string
	Fewer, More, Remove                    string
	Paid, PaidText, Receipt                string
	Later, NoSale                          string
	NoPrice, SumOpen                       string
	Live, Waiting, Still, Failed, Language string
	Down                                   string

	Elsewhere, LookOnly, AskIn, Asking, Refused string
	Wants, WantsText, LetIn, KeepOut            string
	Note, CartNote, Save                        string
	Order                                       orderWords
}

// problem is what an error page says.
type problem struct{ Title, Text string }

func wordsIn(lang string) words {
	switch lang {
	case "en":
		return words{
			Title: "Your cart", One: "item", Many: "items", Total: "Total",
			Till:  "Pay at the till: show this page to the staff.",
			Empty: "Your cart is empty. Add something at the mirror in the shop.",
			Fewer: "One less", More: "One more", Remove: "Remove",
			Paid: "Paid", PaidText: "Thank you. This cart can no longer be changed.", Receipt: "Receipt",
			Later:   "Changes that reached the shop only after the payment are not part of this purchase.",
			NoSale:  "Your receipt says what you paid. It will show here as soon as it arrives from the shop.",
			NoPrice: "Ask for the price at the till", SumOpen: "without what has no price yet",
			Live: "Live: your changes go to the shop", Waiting: "No connection, trying again…",
			Still: "Reload the page to see changes made in the shop", Failed: "The change did not arrive. Try again.",
			Down:     "Your cart is safe here. The shop's line is down: changes reach the shop when it is back. At the till, tell the staff what you changed.",
			Language: "Language",

			Elsewhere: "This cart is open on another phone", LookOnly: "You can look at it here. To change it too, ask the other phone.",
			AskIn: "Ask to be let in", Asking: "The other phone is being asked. Your number there is", Refused: "The other phone did not let this one in. You can go on looking.",
			Wants: "Another phone wants to join: number", WantsText: "Let it in only if you know whose it is and see this number on it. It can then change the cart, and never sees your name or address.",
			LetIn: "Let in", KeepOut: "No",
			Note: "Note", CartNote: "A note for the shop", Save: "Save", Order: orderWordsIn(lang),
		}
	case "zh":
		return words{
			Title: "您的购物车", One: "件", Many: "件", Total: "合计",
			Till:  "请到收银台付款，并向店员出示本页。",
			Empty: "购物车是空的。请在店内的试妆镜前添加商品。",
			Fewer: "减少一件", More: "增加一件", Remove: "移除",
			Paid: "已付款", PaidText: "谢谢惠顾。此购物车不能再更改。", Receipt: "小票号",
			Later:   "付款之后才送达门店的更改，不包含在本次购买中。",
			NoSale:  "付款内容以小票为准。门店的记录一到，就会显示在这里。",
			NoPrice: "请在收银台询价", SumOpen: "不含尚无价格的商品",
			Live: "实时：您的更改会发送到门店", Waiting: "连接已断开，正在重试…",
			Still: "刷新页面可查看门店所做的更改", Failed: "更改未能送达，请重试。",
			Down:     "您的购物车已在此妥善保存。门店网络暂时中断，恢复后更改会送达门店。付款时请告诉店员您改了什么。",
			Language: "语言",

			Elsewhere: "此购物车已在另一部手机上打开", LookOnly: "您可以在这里查看。如需更改，请向那部手机申请。",
			AskIn: "申请加入", Asking: "正在询问那部手机。您在那里显示的号码是", Refused: "那部手机没有同意。您仍可继续查看。",
			Wants: "另一部手机想加入，号码", WantsText: "只有在您认识对方、并在其手机上看到此号码时才允许。对方可以更改购物车，但看不到您的姓名和地址。",
			LetIn: "允许", KeepOut: "不允许",
			Note: "备注", CartNote: "给门店的留言", Save: "保存", Order: orderWordsIn(lang),
		}
	}
	return words{
		Title: "Giỏ hàng của bạn", One: "món", Many: "món", Total: "Tổng cộng",
		Till:  "Thanh toán tại quầy: cho nhân viên xem trang này.",
		Empty: "Giỏ hàng đang trống. Hãy thêm sản phẩm tại gương trong cửa hàng.",
		Fewer: "Bớt một", More: "Thêm một", Remove: "Bỏ ra",
		Paid: "Đã thanh toán", PaidText: "Cảm ơn bạn. Giỏ hàng này không thể thay đổi nữa.", Receipt: "Biên lai",
		Later:   "Những thay đổi đến cửa hàng sau khi thanh toán không thuộc lần mua này.",
		NoSale:  "Số tiền đã trả được ghi trên biên lai. Nội dung sẽ hiện ở đây ngay khi cửa hàng gửi tới.",
		NoPrice: "Hỏi giá tại quầy", SumOpen: "chưa gồm món chưa có giá",
		Live: "Trực tiếp: thay đổi của bạn được gửi tới cửa hàng", Waiting: "Mất kết nối, đang thử lại…",
		Still: "Tải lại trang để xem thay đổi từ cửa hàng", Failed: "Thay đổi chưa gửi được. Hãy thử lại.",
		Down:     "Giỏ hàng của bạn vẫn được giữ ở đây. Đường truyền của cửa hàng đang gián đoạn: thay đổi sẽ tới cửa hàng khi có lại kết nối. Tại quầy, hãy nói với nhân viên bạn đã đổi gì.",
		Language: "Ngôn ngữ",

		Elsewhere: "Giỏ hàng này đang mở trên một điện thoại khác", LookOnly: "Bạn có thể xem tại đây. Muốn thay đổi, hãy hỏi điện thoại kia.",
		AskIn: "Xin được vào", Asking: "Đang hỏi điện thoại kia. Số của bạn ở đó là", Refused: "Điện thoại kia chưa đồng ý. Bạn vẫn có thể xem tiếp.",
		Wants: "Một điện thoại khác muốn vào: số", WantsText: "Chỉ cho vào nếu bạn biết đó là ai và thấy số này trên máy đó. Máy đó sẽ đổi được giỏ hàng, nhưng không bao giờ thấy tên hay địa chỉ của bạn.",
		LetIn: "Cho vào", KeepOut: "Không",
		Note: "Ghi chú", CartNote: "Lời nhắn cho cửa hàng", Save: "Lưu", Order: orderWordsIn(lang),
	}
}

// wording says in words what an error of a kind means and what to do.
type wording func(lang string, k edge.Kind) problem

// openingProblem speaks of a code that does not open.
func openingProblem(lang string, k edge.Kind) problem {
	type texts = map[string]problem
	var t texts
	switch k {
	case edge.Invalid:
		t = texts{
			"vi": {"Không đọc được mã này.", "Mã đã bị thay đổi hoặc bị hỏng. Hãy quét lại mã trên màn hình, hoặc lấy mã mới tại cửa hàng."},
			"en": {"This code cannot be read.", "It was changed or damaged. Scan the code on the screen again, or take a new one at the shop."},
			"zh": {"无法读取此码。", "它已被更改或损坏。请重新扫描屏幕上的码，或在门店获取新的码。"},
		}
	case edge.Expired:
		t = texts{
			"vi": {"Mã này đã hết hạn.", "Vì sự riêng tư của bạn, mã chỉ mở được trong thời gian ngắn. Hãy lấy mã mới tại cửa hàng."},
			"en": {"This code has expired.", "For your privacy a code opens for a short time only. Take a new one at the shop."},
			"zh": {"此码已过期。", "为保护您的隐私，码只在短时间内有效。请在门店获取新的码。"},
		}
	case edge.Withdrawn:
		t = texts{
			"vi": {"Liên kết này đã bị thu hồi tại cửa hàng.", "Giỏ hàng vẫn còn. Hãy quét mã mới trên màn hình của cửa hàng."},
			"en": {"This link was withdrawn in the shop.", "The cart is still there. Scan the new code on the screen in the shop."},
			"zh": {"此链接已在门店被撤回。", "购物车仍在。请扫描门店屏幕上的新码。"},
		}
	case edge.TooEarly:
		t = texts{
			"vi": {"Mã này chưa dùng được.", "Đồng hồ của cửa hàng đang chạy nhanh. Hãy báo nhân viên chỉnh lại giờ, rồi quét mã mới."},
			"en": {"This code is not valid yet.", "The shop's clock is ahead. Ask the staff to set it, then scan a new code."},
			"zh": {"此码尚未生效。", "门店的时钟偏快。请告知店员校正时间，然后扫描新的码。"},
		}
	case edge.NotFound:
		t = texts{
			"vi": {"Không tìm thấy.", "Mã này không phải của cửa hàng chúng tôi, hoặc đã bị thay đổi. Hãy quét lại mã trên màn hình."},
			"en": {"Nothing was found.", "This code is not from one of our shops, or it was changed. Scan the code on the screen again."},
			"zh": {"未找到。", "此码不属于我们的门店，或已被更改。请重新扫描屏幕上的码。"},
		}
	case edge.TooMany:
		t = texts{
			"vi": {"Xin chờ một chút.", "Có quá nhiều yêu cầu cùng lúc. Hãy thử lại sau vài giây."},
			"en": {"One moment, please.", "There were too many requests at once. Try again in a few seconds."},
			"zh": {"请稍候。", "同时请求过多，请几秒后重试。"},
		}
	default:
		t = texts{
			"vi": {"Tạm thời chưa mở được.", "Giỏ hàng vẫn còn ở cửa hàng. Hãy thử lại sau vài phút."},
			"en": {"It does not open right now.", "Your cart is still there in the shop. Try again in a few minutes."},
			"zh": {"暂时无法打开。", "您的购物车仍保留在门店。请几分钟后重试。"},
		}
	}
	return t[lang]
}

// changeProblem speaks of a change that was not made.
func changeProblem(lang string, k edge.Kind) problem {
	type texts = map[string]problem
	switch k {
	case edge.Conflict:
		return texts{
			"vi": {"Không thể thay đổi.", "Giỏ hàng vừa được thanh toán, đặt hàng hoặc thay đổi ở nơi khác. Hãy tải lại trang."},
			"en": {"That cannot be changed.", "The cart was just paid, ordered, or changed elsewhere. Reload the page."},
			"zh": {"无法更改。", "购物车刚刚已付款、已下单或在别处被更改。请刷新页面。"},
		}[lang]
	case edge.Forbidden:
		return texts{
			"vi": {"Bạn không thể làm việc này ở đây.", "Giỏ hàng đang mở trên một điện thoại khác. Hãy xin được vào, hoặc dùng điện thoại kia."},
			"en": {"That cannot be done here.", "The cart is open on another phone. Ask to be let in, or use that phone."},
			"zh": {"无法在此操作。", "购物车已在另一部手机上打开。请申请加入，或使用那部手机。"},
		}[lang]
	case edge.Invalid, edge.NotFound, edge.TooLarge:
		return texts{
			"vi": {"Yêu cầu không được chấp nhận.", "Hãy tải lại trang và thử lại."},
			"en": {"This request was not accepted.", "Reload the page and try again."},
			"zh": {"请求未被接受。", "请刷新页面后重试。"},
		}[lang]
	}
	return openingProblem(lang, k)
}
