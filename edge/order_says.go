package edge

// Says is what a state tells the shopper. Places and times stand beside it.
func (s OrderState) Says() Text {
	switch s {
	case OrderDraft:
		return Text{"Đơn hàng chưa được gửi.", "The order is not placed yet.", "订单尚未提交。"}
	case OrderQuoted:
		return Text{"Cửa hàng đã báo giá. Hãy xác nhận để đặt hàng.", "The shop has made you a price. Confirm it to place the order.", "门店已报价，请确认后下单。"}
	case OrderDepositPending:
		return Text{"Đang chờ tiền đặt cọc.", "Waiting for your deposit.", "等待支付订金。"}
	case OrderPlaced:
		return Text{"Đã đặt hàng. Chúng tôi sẽ sớm xác nhận.", "Order placed. We will confirm it soon.", "订单已提交，我们会尽快确认。"}
	case OrderAccepted:
		return Text{"Đơn hàng đã được xác nhận.", "Your order is confirmed.", "订单已确认。"}
	case OrderRejected:
		return Text{"Rất tiếc, chúng tôi không thể nhận đơn này.", "We are sorry: we cannot take this order.", "很抱歉，我们无法接受此订单。"}
	case OrderAllocated:
		return Text{"Đã tìm được hàng cho bạn. Đang chuẩn bị.", "We have found your goods and are getting them ready.", "已为您找到商品，正在备货。"}
	case OrderBackordered:
		return Text{"Hàng tạm hết. Chúng tôi giữ đơn và báo bạn khi có hàng.", "Out of stock for now. We keep your order and tell you when the goods are here.", "暂时缺货。我们会保留订单，到货后通知您。"}
	case OrderPacked:
		return Text{"Đơn hàng đã được đóng gói.", "Your order is packed.", "订单已打包。"}
	case OrderHandedOver:
		return Text{"Đơn hàng đã giao cho đơn vị vận chuyển.", "Your order is with the carrier.", "订单已交给承运方。"}
	case OrderInTransit:
		return Text{"Đơn hàng đang trên đường.", "Your order is on its way.", "订单运输中。"}
	case OrderOutForDelivery:
		return Text{"Đang giao đến bạn. Hãy để ý điện thoại.", "Out for delivery. Keep your phone near.", "正在派送，请保持电话畅通。"}
	case OrderDelivered:
		return Text{"Đã giao hàng. Cảm ơn bạn.", "Delivered. Thank you.", "已送达，谢谢惠顾。"}
	case OrderDeliveryFailed:
		return Text{"Lần giao này không gặp được bạn. Chúng tôi sẽ thử lại.", "We could not reach you this time. We will try again.", "此次派送未能联系到您，我们会再次派送。"}
	case OrderReady:
		return Text{"Hàng đã sẵn sàng tại cửa hàng. Hãy mang mã nhận hàng.", "Ready in the shop. Bring the pick-up code.", "商品已到店，请凭取货码领取。"}
	case OrderCollected:
		return Text{"Bạn đã nhận hàng. Cảm ơn bạn.", "You have collected your order. Thank you.", "您已取货，谢谢惠顾。"}
	case OrderExpired:
		return Text{"Đã quá hạn nhận hàng. Hãy đặt lại nếu bạn vẫn cần.", "The time to collect it is over. Order again if you still want it.", "已超过取货期限。如仍需要，请重新下单。"}
	case OrderCompleted:
		return Text{"Đơn hàng đã hoàn tất.", "Your order is complete.", "订单已完成。"}
	case OrderReturnRequested:
		return Text{"Chúng tôi đã nhận yêu cầu trả hàng.", "We have your wish to return it.", "已收到您的退货申请。"}
	case OrderReturning:
		return Text{"Hàng đang được chuyển về cửa hàng.", "The goods are on their way back to us.", "商品正在退回。"}
	case OrderReturned:
		return Text{"Chúng tôi đã nhận lại hàng.", "We have the goods back.", "我们已收到退货。"}
	case OrderLost:
		return Text{"Rất tiếc, hàng bị thất lạc. Chúng tôi sẽ liên hệ với bạn.", "We are sorry: the goods were lost. We will contact you.", "很抱歉，商品遗失。我们会与您联系。"}
	case OrderDamaged:
		return Text{"Rất tiếc, hàng bị hư hỏng. Chúng tôi sẽ liên hệ với bạn.", "We are sorry: the goods were damaged. We will contact you.", "很抱歉，商品损坏。我们会与您联系。"}
	case OrderCancelled:
		return Text{"Đơn hàng đã được hủy.", "The order is cancelled.", "订单已取消。"}
	case OrderRefundDue:
		return Text{"Chúng tôi sẽ hoàn tiền cho bạn.", "We will pay you back.", "我们将为您退款。"}
	case OrderRefunded:
		return Text{"Đã hoàn tiền.", "You were paid back.", "已退款。"}
	}
	return Text{}
}

// SubjectToStock is told with an order of which the shop may have too few.
func SubjectToStock() Text {
	return Text{
		"Có món cần kiểm tra hàng trước. Chúng tôi sẽ báo bạn.",
		"Some of it is subject to stock. We will tell you.",
		"部分商品需确认库存，我们会通知您。",
	}
}
