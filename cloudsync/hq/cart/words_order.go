package cart

import "github.com/mirrorcart/mirrorcart/edge"

// orderWords are the texts of the page's part where things are ordered.
type orderWords struct {
	Get, Collect, CollectText, Deliver, DeliverText            string
	Name, Phone, Country, Province, Choose, Region             string
	Locality, Street, Former, Postcode, Consent, Place, Forget string
	Order, Code, Placed, Differs, PayDelivered, PayCollected   string
	Due, Cancel, CancelYes, Return, ReturnYes                  string
	Carrier, Tracking                                          string
}

func orderWordsIn(lang string) orderWords {
	switch lang {
	case "en":
		return orderWords{
			Get:     "Collect later, or have it delivered",
			Collect: "Collect in this shop", CollectText: "We put it aside and tell you here when it is ready.",
			Deliver: "Deliver to me", DeliverText: "Also what this shop has not got right now.",
			Name: "Name", Phone: "Phone", Country: "Country", Province: "Province or city", Choose: "Choose…", Region: "Province or state",
			Locality: "Ward, commune or town", Street: "House and street", Former: "Old district (if you like)", Postcode: "Postcode",
			Consent: "Keep my name, phone and address for this order. I can delete them here; else they go with the cart.",
			Place:   "Place the order", Forget: "Delete my name and address",
			Order: "Order", Code: "Pick-up code:", Placed: "Placed", Differs: "The cart was changed in the shop since: the order is as you placed it.",
			PayDelivered: "You pay on delivery, or at the till before.", PayCollected: "You pay at the till when you collect it.",
			Due: "Still to pay:", Cancel: "Cancel the order…", CancelYes: "Yes, cancel it", Return: "Give it back…", ReturnYes: "Yes, I want to return it",
			Carrier: "Carrier:", Tracking: "tracking code",
		}
	case "zh":
		return orderWords{
			Get:     "稍后自提或送货上门",
			Collect: "到本店自提", CollectText: "我们为您留货，备好后在此通知您。",
			Deliver: "送货上门", DeliverText: "本店暂时缺货的商品也可以订购。",
			Name: "姓名", Phone: "电话", Country: "国家或地区", Province: "省或直辖市", Choose: "请选择…", Region: "省、州",
			Locality: "坊、社或市区", Street: "门牌和街道", Former: "原郡县（可不填）", Postcode: "邮编",
			Consent: "同意为此订单保存我的姓名、电话和地址。我可以随时在此删除，否则将随购物车一并删除。",
			Place:   "提交订单", Forget: "删除我的姓名和地址",
			Order: "订单", Code: "取货码：", Placed: "下单时间", Differs: "下单后门店更改了购物车，订单内容以下单时为准。",
			PayDelivered: "收货时付款，也可提前在收银台付款。", PayCollected: "取货时在收银台付款。",
			Due: "待付：", Cancel: "取消订单…", CancelYes: "确认取消", Return: "申请退货…", ReturnYes: "确认申请退货",
			Carrier: "承运方：", Tracking: "运单号",
		}
	}
	return orderWords{
		Get:     "Nhận sau hoặc giao tận nơi",
		Collect: "Nhận tại cửa hàng này", CollectText: "Chúng tôi giữ hàng và báo ở đây khi sẵn sàng.",
		Deliver: "Giao đến cho tôi", DeliverText: "Đặt được cả món cửa hàng đang hết.",
		Name: "Họ tên", Phone: "Số điện thoại", Country: "Quốc gia", Province: "Tỉnh, thành phố", Choose: "Hãy chọn…", Region: "Tỉnh, bang",
		Locality: "Phường, xã", Street: "Số nhà, đường", Former: "Quận, huyện cũ (nếu muốn)", Postcode: "Mã bưu chính",
		Consent: "Lưu họ tên, số điện thoại và địa chỉ của tôi cho đơn hàng này. Tôi có thể xóa tại đây; nếu không, chúng sẽ bị xóa cùng giỏ hàng.",
		Place:   "Đặt hàng", Forget: "Xóa họ tên và địa chỉ của tôi",
		Order: "Đơn hàng", Code: "Mã nhận hàng:", Placed: "Đặt lúc", Differs: "Giỏ hàng đã được đổi tại cửa hàng sau đó: đơn hàng vẫn như lúc bạn đặt.",
		PayDelivered: "Bạn trả tiền khi nhận hàng, hoặc tại quầy trước đó.", PayCollected: "Bạn trả tiền tại quầy khi đến nhận.",
		Due: "Còn phải trả:", Cancel: "Hủy đơn hàng…", CancelYes: "Đồng ý hủy", Return: "Trả lại hàng…", ReturnYes: "Đồng ý trả hàng",
		Carrier: "Đơn vị vận chuyển:", Tracking: "mã vận đơn",
	}
}

// fieldProblem says which field of the form is to be mended.
func fieldProblem(field string) wording {
	return func(lang string, _ edge.Kind) problem {
		w := orderWordsIn(lang)
		name := map[string]string{
			"name": w.Name, "phone": w.Phone, "country": w.Country, "region": w.Province, "locality": w.Locality, "street": w.Street,
			"postcode": w.Postcode, "former": w.Former,
		}[field]
		if field == "consent" {
			return map[string]problem{
				"vi": {"Cần sự đồng ý của bạn.", "Hãy đánh dấu ô cho phép lưu họ tên và địa chỉ cho đơn hàng này."},
				"en": {"We need your consent.", "Tick the box that lets us keep your name and address for this order."},
				"zh": {"需要您的同意。", "请勾选同意为此订单保存姓名和地址。"},
			}[lang]
		}
		if field == "region" || field == "locality" {
			return map[string]problem{
				"vi": {"Hãy xem lại: " + name + ".", "Từ 1/7/2025 nhiều nơi có tên mới: hãy chọn trong danh sách, và ghi tên cũ vào ô quận, huyện cũ."},
				"en": {"Please look again at: " + name + ".", "Many places have new names since 1 July 2025: choose one of the list, and write the old name as the old district."},
				"zh": {"请检查：" + name + "。", "自2025年7月1日起许多地名已变更：请从列表中选择，旧地名可写入“原郡县”。"},
			}[lang]
		}
		return map[string]problem{
			"vi": {"Hãy xem lại: " + name + ".", "Ô này còn trống hoặc chưa đúng."},
			"en": {"Please look again at: " + name + ".", "It is empty or not quite right."},
			"zh": {"请检查：" + name + "。", "此项为空或有误。"},
		}[lang]
	}
}
