// More of the shopper’s words: what stands beside the mirror.
export default {
  scanTool: ['Quét mã', 'Scan', '扫码'],
  scanTitle: ['Quét sản phẩm để thử', 'Scan a product to try it on', '扫码试用商品'],
  scanHow: [
    'Đưa mã vạch trên hộp hoặc mã QR trên kệ vào khung trên gương.',
    'Hold the bar code of the box, or the QR code of the shelf, into the frame in the mirror.',
    '将包装上的条形码或货架上的二维码对准镜中的方框。',
  ],
  scanPrivacy: [
    'Máy chỉ đọc mã trong khung hình rồi bỏ hình ngay.',
    'Each picture is only looked at for codes and dropped at once.',
    '画面只用于读取条码，随即丢弃。',
  ],
  scanLooking: ['Đang tìm mã…', 'Looking for a code…', '正在识别…'],
  scanNotSold: ['Cửa hàng này không bán món đó.', 'This shop does not sell that one.', '本店没有这件商品。'],
  scanNoProduct: ['Đây không phải mã sản phẩm.', 'That is not a product’s code.', '这不是商品条码。'],

  // Paying on the phone
  payWithPhone: ['Trả trên điện thoại', 'Pay on my phone', '用手机付款'],
  phonePaysAsk: [
    'Trả tiền trên điện thoại? Trong nửa giờ chỉ điện thoại của bạn trả được giỏ này; quầy thu ngân không nhận tiền.',
    'Pay on your phone? For half an hour only your phone can pay for this cart; the till takes no money for it.',
    '用手机付款？半小时内只有你的手机可以支付此购物车，收银台不再收款。',
  ],
  phonePaysYes: ['Đúng, trên điện thoại', 'Yes, on my phone', '是，用手机'],
  phonePaysNo: ['Không, trả tại quầy', 'No, at the till', '不，到收银台'],
  phonePays: [
    'Chỉ điện thoại trả được đến {time}. Đổi ý? Nhờ nhân viên.',
    'Only the phone can pay until {time}. Changed your mind? Ask the staff.',
    '{time} 前只能用手机付款。改变主意？请联系店员。',
  ],

  // While the shop's line is down
  offlineTake: [
    'Đang ngoại tuyến: mã vẫn mở giỏ trên điện thoại; hai bên khớp lại khi có mạng.',
    'Offline: the code opens your cart all the same; both sides match again when the line is back.',
    '当前离线：扫码仍可打开购物车，联网后两边自动同步。',
  ],

  // Comparing
  keepOne: ['Giữ một màu', 'Keep one', '保留其一'],

  // A product's sheet
  about: ['Xem thông tin', 'More about it', '查看详情'],
  hereSome: ['Tại đây: còn {n}', 'In this shop: {n}', '本店：{n} 件'],
  hereNone: ['Tại đây: tạm hết', 'In this shop: none now', '本店：暂时缺货'],
  stockAt: ['{shop}: còn {n}', '{shop}: {n}', '{shop}：{n} 件'],
  asOfAgo: ['({age} trước)', '({age} ago)', '（{age}前）'],
  stockElsewhereNone: ['Cửa hàng khác: chưa có', 'Other shops: none', '其他门店：暂无'],
  stockElsewhereOffline: [
    'Cửa hàng khác: chưa biết khi ngoại tuyến',
    'Other shops: not known while offline',
    '其他门店：离线时无法得知',
  ],
  goesWith: ['Hợp với', 'Goes with', '搭配推荐'],

  // Help with choosing a shade
  help: ['Gợi ý màu', 'Help me', '选色'],
  helpTitle: ['Màu nào hợp với bạn?', 'Which shades suit you?', '哪些颜色适合你？'],
  helpAsk: ['Trang sức màu nào hợp với da bạn hơn?', 'Which jewellery looks better on your skin?', '哪种首饰更衬你的肤色？'],
  helpHonest: [
    'Chỉ dựa vào lựa chọn của bạn: máy không phân tích da, và quên khi bạn kết thúc.',
    'Only what you choose counts: your skin is not analysed, and it is forgotten when you finish.',
    '仅依据你的选择：不分析肤质，结束后即忘记。',
  ],
  helpOff: ['Bỏ gợi ý', 'No help any more', '取消推荐'],
  tone_warm: ['Tông ấm', 'Warm', '暖色调'],
  tone_cool: ['Tông lạnh', 'Cool', '冷色调'],
  tone_neutral: ['Trung tính', 'Neutral', '中性色调'],
  toneHow_warm: ['Vàng hợp hơn', 'Gold', '金色'],
  toneHow_cool: ['Bạc hợp hơn', 'Silver', '银色'],
  toneHow_neutral: ['Cả hai đều hợp', 'Both alike', '两者皆可'],
  finishOf: ['Chất son phấn', 'Finish', '质地'],
  finishAsk: ['Bề mặt:', 'Finish:', '质地：'],
  finish_any: ['Tất cả', 'Any', '不限'],
  finish_matte: ['Lì', 'Matte', '哑光'],
  finish_satin: ['Bán lì', 'Satin', '缎光'],
  finish_gloss: ['Bóng', 'Gloss', '水光'],
  finish_metallic: ['Kim loại', 'Metallic', '金属'],
  finish_shimmer: ['Nhũ', 'Shimmer', '微闪'],
};
