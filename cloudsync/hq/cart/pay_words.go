package cart

// payWords are the texts of paying in one language.
type payWords struct {
	Title, Cart, Language, Link                       string
	How, Ask, Till                                    string
	Save, SaveHow, Account, Amount, Purpose, Keep     string
	Copy, Copied, Open                                string
	Awaiting, Confirmed, Expired, Mismatched, Due, No string
}

func payWordsIn(lang string) payWords {
	switch lang {
	case "en":
		return payWords{
			Title: "Pay by bank transfer", Cart: "Your cart", Language: "Language", Link: "Pay on this phone",
			How: "You get a code for your bank app. This page says when the money has arrived.", Ask: "Get the code", Till: "Pay at the till instead",
			Save: "Save the picture", SaveHow: "In your bank app choose “scan QR”, then the picture from your photos.",
			Account: "Account", Amount: "Amount", Purpose: "Transfer text", Keep: "Keep this text as it is: by it your payment is found.",
			Copy: "Copy", Copied: "Copied", Open: "Open the bank's app",
			Awaiting: "Waiting for your bank…", Confirmed: "Paid. Thank you!", Expired: "This code has expired. Money sent now is given back: get a new code first.",
			Mismatched: "Another amount arrived. Our staff look after it; please ask them.",
			Due:        "Your money came too late, or the cart was paid already. It is given back.",
			No:         "The shop takes the money for this cart: pay at the till, or ask the staff to let you pay on the phone.",
		}
	case "zh":
		return payWords{
			Title: "银行转账付款", Cart: "您的购物车", Language: "语言", Link: "用手机付款",
			How: "您会得到一个供银行应用使用的二维码。到账后本页会提示。", Ask: "获取二维码", Till: "改到收银台付款",
			Save: "保存图片", SaveHow: "在银行应用中选择“扫码”，再从相册选取图片。",
			Account: "账户", Amount: "金额", Purpose: "转账附言", Keep: "请勿更改附言，我们靠它识别您的付款。",
			Copy: "复制", Copied: "已复制", Open: "打开银行应用",
			Awaiting: "等待您的银行…", Confirmed: "已付款，谢谢！", Expired: "二维码已过期。现在转入的钱会退还，请先获取新码。",
			Mismatched: "到账金额不符，店员会处理，请向店员询问。",
			Due:        "您的钱到账过晚，或购物车已付款，款项会退还。",
			No:         "此购物车由门店收款：请到收银台付款，或请店员允许您用手机付款。",
		}
	}
	return payWords{
		Title: "Trả bằng chuyển khoản", Cart: "Giỏ hàng", Language: "Ngôn ngữ", Link: "Trả tiền trên điện thoại",
		How: "Bạn nhận một mã cho ứng dụng ngân hàng. Trang này báo khi tiền đã đến.", Ask: "Lấy mã", Till: "Trả tại quầy thay vì ở đây",
		Save: "Lưu ảnh mã QR", SaveHow: "Trong ứng dụng ngân hàng, chọn “quét QR”, rồi chọn ảnh này từ thư viện.",
		Account: "Tài khoản", Amount: "Số tiền", Purpose: "Nội dung", Keep: "Giữ nguyên nội dung: nhờ đó chúng tôi nhận ra khoản tiền của bạn.",
		Copy: "Chép", Copied: "Đã chép", Open: "Mở ứng dụng ngân hàng",
		Awaiting: "Đang chờ ngân hàng của bạn…", Confirmed: "Đã thanh toán. Cảm ơn bạn!", Expired: "Mã đã hết hạn. Tiền chuyển lúc này sẽ được hoàn lại: hãy lấy mã mới trước.",
		Mismatched: "Số tiền đến không đúng. Nhân viên sẽ xử lý, bạn hỏi họ nhé.",
		Due:        "Tiền đến quá hạn, hoặc giỏ đã trả rồi. Tiền sẽ được hoàn lại.",
		No:         "Cửa hàng đang thu tiền giỏ này: trả tại quầy, hoặc nhờ nhân viên cho trả trên điện thoại.",
	}
}
