// The words of the mini programs, in Vietnamese, English and Chinese. What the
// phone's page says too it says in the same words: a test holds them together.

export const languages = [
  { id: 'vi', name: 'VI' },
  { id: 'en', name: 'EN' },
  { id: 'zh', name: '中文' },
];

export const words = {
  title: ['Giỏ hàng của bạn', 'Your cart', '您的购物车'],
  one: ['món', 'item', '件'],
  many: ['món', 'items', '件'],
  total: ['Tổng cộng', 'Total', '合计'],
  empty: [
    'Giỏ hàng đang trống. Hãy thêm sản phẩm tại gương trong cửa hàng.',
    'Your cart is empty. Add something at the mirror in the shop.',
    '购物车是空的。请在店内的试妆镜前添加商品。',
  ],
  fewer: ['Bớt một', 'One less', '减少一件'],
  more: ['Thêm một', 'One more', '增加一件'],
  remove: ['Bỏ ra', 'Remove', '移除'],
  noPrice: ['Hỏi giá tại quầy', 'Ask for the price at the till', '请在收银台询价'],
  sumOpen: ['chưa gồm món chưa có giá', 'without what has no price yet', '不含尚无价格的商品'],
  paid: ['Đã thanh toán', 'Paid', '已付款'],
  receipt: ['Biên lai', 'Receipt', '小票号'],
  paidText: ['Cảm ơn bạn. Giỏ hàng này không thể thay đổi nữa.', 'Thank you. This cart can no longer be changed.', '谢谢惠顾。此购物车不能再更改。'],
  noSale: [
    'Số tiền đã trả được ghi trên biên lai. Nội dung sẽ hiện ở đây ngay khi cửa hàng gửi tới.',
    'Your receipt says what you paid. It will show here as soon as it arrives from the shop.',
    '付款内容以小票为准。门店的记录一到，就会显示在这里。',
  ],
  later: [
    'Những thay đổi đến cửa hàng sau khi thanh toán không thuộc lần mua này.',
    'Changes that reached the shop only after the payment are not part of this purchase.',
    '付款之后才送达门店的更改，不包含在本次购买中。',
  ],
  order: ['Đơn hàng', 'Order', '订单'],
  code: ['Mã nhận hàng:', 'Pick-up code:', '取货码：'],
  live: ['Trực tiếp: thay đổi của bạn được gửi tới cửa hàng', 'Live: your changes go to the shop', '实时：您的更改会发送到门店'],
  waiting: ['Mất kết nối, đang thử lại…', 'No connection, trying again…', '连接已断开，正在重试…'],
  down: [
    'Giỏ hàng của bạn vẫn được giữ ở đây. Đường truyền của cửa hàng đang gián đoạn: thay đổi sẽ tới cửa hàng khi có lại kết nối. Tại quầy, hãy nói với nhân viên bạn đã đổi gì.',
    "Your cart is safe here. The shop's line is down: changes reach the shop when it is back. At the till, tell the staff what you changed.",
    '您的购物车已在此妥善保存。门店网络暂时中断，恢复后更改会送达门店。付款时请告诉店员您改了什么。',
  ],
  opening: ['Đang mở giỏ hàng…', 'Opening your cart…', '正在打开购物车…'],
  failed: ['Thay đổi chưa gửi được. Hãy thử lại.', 'The change did not arrive. Try again.', '更改未能送达，请重试。'],
  again: ['Thử lại', 'Try again', '重试'],
  noLinkTitle: ['Quét mã trên gương', 'Scan the code at the mirror', '请扫描镜子上的码'],
  noLink: [
    'Giỏ hàng mở ở đây khi bạn quét mã trên màn hình trong cửa hàng.',
    'Your cart opens here when you scan the code on the screen in the shop.',
    '在店内扫描屏幕上的码，购物车就会在这里打开。',
  ],
  foreign: [
    'Mã này không phải của cửa hàng chúng tôi. Hãy quét mã trên màn hình trong cửa hàng.',
    'This code is not from one of our shops. Scan the code on the screen in the shop.',
    '此码不属于我们的门店。请扫描店内屏幕上的码。',
  ],
  elsewhere: ['Giỏ hàng này đang mở trên một điện thoại khác', 'This cart is open on another phone', '此购物车已在另一部手机上打开'],
  lookOnly: [
    'Bạn có thể xem tại đây. Muốn thay đổi, hãy hỏi điện thoại kia.',
    'You can look at it here. To change it too, ask the other phone.',
    '您可以在这里查看。如需更改，请向那部手机申请。',
  ],
  askIn: ['Xin được vào', 'Ask to be let in', '申请加入'],
  asking: ['Đang hỏi điện thoại kia. Số của bạn ở đó là', 'The other phone is being asked. Your number there is', '正在询问那部手机。您在那里显示的号码是'],
  refused: [
    'Điện thoại kia chưa đồng ý. Bạn vẫn có thể xem tiếp.',
    'The other phone did not let this one in. You can go on looking.',
    '那部手机没有同意。您仍可继续查看。',
  ],
  wants: ['Một điện thoại khác muốn vào: số', 'Another phone wants to join: number', '另一部手机想加入，号码'],
  wantsText: [
    'Chỉ cho vào nếu bạn biết đó là ai và thấy số này trên máy đó. Máy đó sẽ đổi được giỏ hàng, nhưng không bao giờ thấy tên hay địa chỉ của bạn.',
    'Let it in only if you know whose it is and see this number on it. It can then change the cart, and never sees your name or address.',
    '只有在您认识对方、并在其手机上看到此号码时才允许。对方可以更改购物车，但看不到您的姓名和地址。',
  ],
  letIn: ['Cho vào', 'Let in', '允许'],
  keepOut: ['Không', 'No', '不允许'],
  further: [
    'Giao hàng, thanh toán, hỏi bạn bè',
    'Delivery, payment, ask friends',
    '配送、付款、问问朋友',
  ],
};

/** say is the word in a language; one that is not there speaks Vietnamese. */
export function say(lang, word) {
  const texts = words[word];
  if (!texts) throw new Error(`no word ${word}`);
  return texts[Math.max(0, languages.findIndex(({ id }) => id === lang))];
}

/** languageOf takes what a phone calls its language (zh_CN, en-GB) for one of ours. */
export function languageOf(phone) {
  const id = String(phone ?? '').slice(0, 2).toLowerCase();
  return languages.some((language) => language.id === id) ? id : 'vi';
}
