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
  live: ['Trực tiếp: thay đổi của bạn được gửi tới cửa hàng', 'Live: your changes go to the shop', '实时：您的更改会发送到门店'],
  waiting: ['Mất kết nối, đang thử lại…', 'No connection, trying again…', '连接已断开，正在重试…'],
  down: [
    'Giỏ hàng của bạn vẫn được giữ ở đây. Đường truyền của cửa hàng đang gián đoạn: thay đổi sẽ tới cửa hàng khi có lại kết nối. Tại quầy, hãy nói với nhân viên bạn đã đổi gì.',
    "Your cart is safe here. The shop's line is down: changes reach the shop when it is back. At the till, tell the staff what you changed.",
    '您的购物车已在此妥善保存。门店网络暂时中断，恢复后更改会送达门店。付款时请告诉店员您改了什么。',
  ],
  opening: ['Đang mở giỏ hàng…', 'Opening your cart…', '正在打开购物车…'],
  failed: ['Thay đổi chưa gửi được. Hãy thử lại.', 'The change did not arrive. Try again.', '更改未能送达，请重试。'],
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
  elsewhere: [
    'Giỏ hàng đang mở trên một điện thoại khác. Ở đây bạn chỉ xem được.',
    'This cart is open on another phone. Here you can only look.',
    '此购物车已在另一部手机上打开，这里只能查看。',
  ],
  ask: ['Xin vào cùng', 'Ask to be let in', '申请加入'],
  asking: ['Đang hỏi điện thoại kia. Mã của bạn:', 'Asking the other phone. Your code:', '正在询问对方手机。您的代码：'],
  askRefused: [
    'Điện thoại kia không đồng ý. Ở đây bạn chỉ xem được.',
    'The other phone said no. Here you can only look.',
    '对方手机未同意，这里只能查看。',
  ],
  asker: ['Một điện thoại khác xin vào cùng. Mã:', 'Another phone asks to be let in. Its code:', '另一部手机申请加入。代码：'],
  letIn: ['Cho vào', 'Let it in', '同意'],
  keepOut: ['Không', 'No', '不同意'],
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
