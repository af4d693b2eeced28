package ticket

// fallback is the language of tickets whose own is not known.
const fallback = "vi"

// Knows reports whether tickets can be had in a language: vi, en or zh.
func Knows(lang string) bool {
	_, ok := glossary[lang]
	return ok
}

// words are those of a ticket in one language; one thing has the name that it
// has on the screens.
type words struct {
	receipt, refund, void, cart, order, z, test, copied string

	number, of, time, staff                       string
	total, givenBack, change, discount            string
	exchanged                                     string
	cash, cashGiven, card, transfer, phone, round string
	rate, turnover, tax, taxCode, priceList       string
	reason, approved, customerSigns               string
	notInvoice                                    string

	scan, scanUntil, orType, notPaid, notReceipt string

	pickUp, pickUpCode, deliverTo, fee, promise, paid, due, subject string
	receiptOf, ordersPaid, ordersBack                               string

	till, series, from, to, receipts, missing           string
	sales, voids, refunds, net, taken, given, vat, hash string

	cashOf, float, sold, paidIn, paidOut, drop string
	expected, counted, difference              string
	signs, printerWorks                        string

	installation, machine, done, notDone, technicianSigns, shopSigns string
	steps                                                            map[string]string // of an installation

	date string // layout of a time
}

var glossary = map[string]words{
	"vi": {
		receipt: "BIÊN LAI BÁN HÀNG", refund: "PHIẾU TRẢ HÀNG", void: "PHIẾU HỦY BIÊN LAI", cart: "GIỎ HÀNG CỦA BẠN",
		order: "PHIẾU ĐẶT HÀNG", z: "BÁO CÁO Z", test: "IN THỬ", copied: "BẢN SAO",
		number: "Số", of: "Của biên lai", time: "Thời gian", staff: "Nhân viên",
		total: "Tổng cộng", givenBack: "Hoàn lại", change: "Tiền thối", discount: "Giảm giá", exchanged: "Đổi hàng",
		cash: "Tiền mặt", cashGiven: "Khách đưa", card: "Thẻ", transfer: "Chuyển khoản", phone: "Trả trên điện thoại", round: "Làm tròn tiền mặt",
		rate: "Thuế suất", turnover: "Tiền hàng", tax: "Thuế GTGT", taxCode: "MST người mua", priceList: "Bảng giá số",
		reason: "Lý do", approved: "Quản lý duyệt", customerSigns: "Khách hàng ký nhận",
		notInvoice: "Giá đã gồm thuế GTGT. Biên lai này không phải hóa đơn điện tử.",
		scan:       "Quét bằng ứng dụng chat hoặc camera để mở đúng giỏ hàng này trên điện thoại.", scanUntil: "Mã mở được đến", orType: "Không quét được? Nhập mã này tại",
		notPaid: "Chưa thanh toán", notReceipt: "Phiếu này không phải biên lai.",
		pickUp: "Nhận tại", pickUpCode: "Mã nhận hàng", deliverTo: "Giao đến", fee: "Phí giao hàng", promise: "Dự kiến", paid: "Đã trả", due: "Còn phải trả",
		subject: "Đơn này chờ xác nhận còn hàng. Chúng tôi sẽ báo bạn.",
		till:    "Quầy", series: "Dãy số", from: "Từ số", to: "Đến số", receipts: "Số chứng từ", missing: "Thiếu bản ghi",
		receiptOf: "Biên lai thu tiền", ordersPaid: "Thu đặt hàng", ordersBack: "Hoàn đặt hàng",
		sales: "Bán hàng", voids: "Hủy", refunds: "Trả hàng", net: "Doanh thu", taken: "Thu", given: "Hoàn", vat: "Trong đó thuế", hash: "Chuỗi băm",
		cashOf: "Tiền mặt ca", float: "Tiền đầu ca", sold: "Bán hàng", paidIn: "Bỏ thêm", paidOut: "Chi", drop: "Cất két",
		expected: "Phải có", counted: "Đếm được", difference: "Chênh lệch",
		signs: "Quản lý ký", printerWorks: "Máy in hoạt động.", date: "02/01/2006 15:04",
		installation: "BIÊN BẢN LẮP ĐẶT", machine: "Máy", done: "Đạt", notDone: "CHƯA ĐẠT", technicianSigns: "Kỹ thuật viên", shopSigns: "Cửa hàng ký nhận",
		steps: map[string]string{
			"claim": "Đăng ký với trung tâm", "network": "Kết nối và máy", "camera": "Camera", "touch": "Màn hình cảm ứng",
			"colour": "Màu sắc", "scale": "Kích thước thật", "printer": "Máy in", "sale": "Bán thử và hủy",
		},
	},
	"en": {
		receipt: "RECEIPT", refund: "REFUND", void: "VOIDED RECEIPT", cart: "YOUR CART",
		order: "ORDER", z: "Z REPORT", test: "TEST PRINT", copied: "COPY",
		number: "Number", of: "Of receipt", time: "Time", staff: "Served by",
		total: "Total", givenBack: "Given back", change: "Change", discount: "Discount", exchanged: "Exchange",
		cash: "Cash", cashGiven: "Cash given", card: "Card", transfer: "Bank transfer", phone: "Paid on the phone", round: "Cash rounding",
		rate: "VAT rate", turnover: "Goods", tax: "VAT", taxCode: "Buyer’s tax code", priceList: "Price list no.",
		reason: "Reason", approved: "Approved by", customerSigns: "Customer’s signature",
		notInvoice: "Prices include VAT. This receipt is not the electronic invoice.",
		scan:       "Scan with your chat app or camera to open this very cart on your phone.", scanUntil: "The code opens until", orType: "Cannot scan? Type this code at",
		notPaid: "Not paid yet", notReceipt: "This slip is not a receipt.",
		pickUp: "Collect at", pickUpCode: "Pick-up code", deliverTo: "Deliver to", fee: "Delivery fee", promise: "Expected", paid: "Paid", due: "Still to pay",
		subject: "This order is subject to stock. We will confirm it.",
		till:    "Till", series: "Series", from: "From", to: "To", receipts: "Receipts", missing: "Records missing",
		receiptOf: "Receipt of money", ordersPaid: "Taken for orders", ordersBack: "Given back for orders",
		sales: "Sales", voids: "Voids", refunds: "Refunds", net: "Turnover", taken: "Taken", given: "Given back", vat: "Of it VAT", hash: "Chain hash",
		cashOf: "Cash of shift", float: "Float", sold: "From sales", paidIn: "Put in", paidOut: "Paid out", drop: "To the safe",
		expected: "Expected", counted: "Counted", difference: "Difference",
		signs: "Manager’s signature", printerWorks: "The printer works.", date: "2 Jan 2006 15:04",
		installation: "INSTALLATION", machine: "Machine", done: "OK", notDone: "NOT OK", technicianSigns: "Technician", shopSigns: "For the shop",
		steps: map[string]string{
			"claim": "Known to headquarters", "network": "Network and machine", "camera": "Camera", "touch": "Touch screen",
			"colour": "Colours", "scale": "True size", "printer": "Printer", "sale": "Test sale and its void",
		},
	},
	"zh": {
		receipt: "销售小票", refund: "退货单", void: "作废单", cart: "您的购物车",
		order: "订货单", z: "Z 日结报表", test: "打印测试", copied: "副本",
		number: "编号", of: "原小票", time: "时间", staff: "店员",
		total: "合计", givenBack: "退款", change: "找零", discount: "折扣", exchanged: "换货",
		cash: "现金", cashGiven: "实收现金", card: "银行卡", transfer: "转账", phone: "手机支付", round: "现金取整",
		rate: "税率", turnover: "货款", tax: "增值税", taxCode: "买方税号", priceList: "价目表编号",
		reason: "原因", approved: "经理批准", customerSigns: "顾客签字",
		notInvoice: "价格已含增值税。本小票不是电子发票。",
		scan:       "用聊天应用或相机扫码，在手机上打开同一个购物车。", scanUntil: "二维码有效至", orType: "无法扫码？请在此网址输入代码：",
		notPaid: "尚未付款", notReceipt: "本单不是小票。",
		pickUp: "自提门店", pickUpCode: "取货码", deliverTo: "送货至", fee: "运费", promise: "预计", paid: "已付", due: "待付",
		subject: "本订单以确认有货为准，我们会通知您。",
		till:    "收银台", series: "号段", from: "起始号", to: "终止号", receipts: "单据数", missing: "缺失记录",
		receiptOf: "收款收据", ordersPaid: "订单收款", ordersBack: "订单退款",
		sales: "销售", voids: "作废", refunds: "退货", net: "营业额", taken: "收款", given: "退款", vat: "其中税额", hash: "链哈希",
		cashOf: "现金，班次", float: "备用金", sold: "销售", paidIn: "存入", paidOut: "支出", drop: "入保险柜",
		expected: "应有", counted: "清点", difference: "差额",
		signs: "经理签字", printerWorks: "打印机工作正常。", date: "2006-01-02 15:04",
		installation: "安装验收单", machine: "设备", done: "正常", notDone: "未完成", technicianSigns: "安装人员", shopSigns: "门店签收",
		steps: map[string]string{
			"claim": "总部登记", "network": "网络与设备", "camera": "摄像头", "touch": "触摸屏",
			"colour": "色彩", "scale": "真实尺寸", "printer": "打印机", "sale": "测试销售并作废",
		},
	},
}
