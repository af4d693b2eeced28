// The glossary: every word on the kiosk's and the staff's screens, in
// Vietnamese, English and Chinese. One thing has one name everywhere:
// gương · mirror · 镜子, giỏ hàng · cart · 购物车, biên lai · receipt · 小票.
// Where a language has a form for one, it stands beside the other.

export const languages = [
  { id: 'vi', name: 'Tiếng Việt' },
  { id: 'en', name: 'English' },
  { id: 'zh', name: '中文' },
];

export const glossary = {
  // Everywhere
  close: ['Đóng', 'Close', '关闭'],
  back: ['Quay lại', 'Back', '返回'],
  tryAgain: ['Thử lại', 'Try again', '重试'],
  total: ['Tổng cộng', 'Total', '合计'],
  quantity: ['Số lượng', 'Quantity', '数量'],
  more: ['Thêm một', 'One more', '增加一件'],
  less: ['Bớt một', 'One less', '减少一件'],
  remove: ['Bỏ', 'Remove', '移除'],
  language: ['Ngôn ngữ', 'Language', '语言'],
  pieces: ['{n} món', { one: '{n} item', other: '{n} items' }, '{n} 件'],
  atMost: ['Mỗi loại tối đa 99 món.', 'At most 99 of one thing.', '每种商品最多 99 件。'],
  reconnecting: ['Đang nối lại với máy của cửa hàng…', 'Reconnecting to the shop’s computer…', '正在重新连接门店主机…'],

  // Attract
  touchToTry: ['Chạm để thử', 'Touch to try on', '轻触试妆'],
  attractLine: [
    'Son môi, kính và hơn thế, ngay trên gương mặt bạn.',
    'Lipstick, glasses and more, live on your own face.',
    '口红、眼镜等，实时呈现在你的脸上。',
  ],

  // Consent
  consentTitle: ['Bật gương thử?', 'Start the mirror?', '打开试妆镜？'],
  consentWhat: [
    'Camera xem gương mặt bạn để đặt lớp trang điểm và kính đúng chỗ, chỉ trong lúc bạn đứng đây.',
    'The camera looks at your face to place make-up and glasses, only while you stand here.',
    '摄像头只在你使用期间查看面部，用来呈现妆容和眼镜。',
  ],
  privacy: [
    'Hình trực tiếp không được lưu và không rời cửa hàng.',
    'Live video is not stored and stays in this shop.',
    '实时画面不保存、不离开本店。',
  ],
  previewBlurred: [
    'Hình được làm mờ và chưa được phân tích cho đến khi bạn đồng ý.',
    'Blurred and not analysed until you agree.',
    '在你同意之前，画面保持模糊且不作分析。',
  ],
  startMirror: ['Bật gương', 'Start the mirror', '打开镜子'],
  withoutCamera: ['Không dùng camera', 'Without camera', '不使用摄像头'],
  readMore: ['Đọc thêm', 'Read more', '了解更多'],
  consentMore: [
    'Máy đặt trong cửa hàng xử lý từng khung hình trong bộ nhớ rồi bỏ ngay. Không nhận dạng, không có dữ liệu khuôn mặt nào được giữ lại hay gửi đi; chỉ chụp ảnh khi bạn yêu cầu và đồng ý riêng. Khi bạn bấm “Kết thúc”, hoặc màn hình không được chạm một lúc, mọi thứ của lượt thử này được xoá. Giỏ hàng chỉ còn mở được bằng mã bạn đã quét.',
    'A computer in this shop works on each frame in memory and drops it at once. Nobody is identified, and no face data is kept or sent anywhere; a photo is taken only if you ask for one and agree to it separately. When you press “Finish”, or nobody touches the screen for a while, everything of this session is wiped. Your cart then opens only with the code you scanned.',
    '店内主机在内存中处理每一帧画面，随即丢弃。不识别身份，不保留也不发送任何面部数据；只有你要求并另行同意时才会拍照。点“结束”或一段时间无人触屏后，本次内容全部清除；购物车只能用你扫过的二维码打开。',
  ],
  noCameraNow: [
    'Camera đang tắt hoặc chưa cắm. Bạn vẫn xem và chọn hàng được.',
    'The camera is off or unplugged. You can still look and choose.',
    '摄像头未连接，仍可浏览和选购。',
  ],
  faultStalled: [
    'Camera chưa gửi hình. Chờ một chút nhé.',
    'The camera sends no picture yet. One moment, please.',
    '摄像头暂无画面，请稍候。',
  ],
  faultSize: [
    'Hình từ camera sai kích thước. Nhờ nhân viên xem giúp.',
    'The camera’s picture has the wrong size. Please call the staff.',
    '摄像头画面尺寸不对，请联系店员。',
  ],
  faultFrozen: [
    'Hình từ camera bị đứng. Gương sẽ tự mở lại camera.',
    'The camera’s picture stands still. The mirror will restart it.',
    '摄像头画面卡住了，将自动重启。',
  ],
  faultBlack: [
    'Camera chỉ cho hình đen. Nắp che camera đã mở chưa?',
    'The camera shows only black. Is its cover open?',
    '摄像头画面全黑，请看镜头盖是否已打开。',
  ],
  faultNoise: [
    'Hình từ camera chỉ toàn nhiễu. Gương sẽ tự mở lại camera.',
    'The camera shows only noise. The mirror will restart it.',
    '摄像头画面全是噪点，将自动重启。',
  ],
  faultDark: [
    'Ở đây hơi tối. Cần thêm ánh sáng.',
    'It is too dark here. A little more light, please.',
    '光线太暗，请加一点灯光。',
  ],
  faultCovered: [
    'Có gì đó che camera. Lấy ra giúp nhé.',
    'Something covers the camera. Please take it away.',
    '镜头被挡住了，请移开遮挡物。',
  ],
  cameraBlocked: [
    'Trình duyệt chưa cho dùng camera của máy này. Nhờ nhân viên xem giúp.',
    'The browser does not let this device’s camera be used. Please call the staff.',
    '浏览器未允许使用本机摄像头，请联系店员。',
  ],
  tabletEnrolled: [
    'Máy này đã được ghi nhận: camera của nó là camera của gương.',
    'This device is enrolled: its camera is the mirror’s.',
    '本机已登记，其摄像头将用于镜子。',
  ],
  tabletRefused: [
    'Mã ghi nhận sai, đã dùng hoặc quá 10 phút. Lấy mã mới trên máy chủ.',
    'The code is wrong, used or over 10 minutes old. Make a new one on the gateway.',
    '登记码错误、已用过或超过 10 分钟，请在网关上重新生成。',
  ],
  tabletsFull: [
    'Đã ghi nhận quá nhiều máy. Xoá hết trên máy chủ rồi ghi nhận lại máy đang dùng.',
    'Too many devices are enrolled. Forget them on the gateway, then enrol those in use anew.',
    '登记的设备过多。请在网关上清除后，重新登记在用的设备。',
  ],
  tabletNotHere: [
    'Gương này không dùng camera của máy tính bảng. Nhờ quản lý xem lại cài đặt.',
    'This mirror is not set up for a tablet’s camera. Ask the manager to check its settings.',
    '此镜子未设置使用平板摄像头，请店长检查设置。',
  ],

  // Mirror
  mirror: ['Gương thử', 'Try-on mirror', '试妆镜'],
  mirrorStarting: ['Gương đang bật…', 'The mirror is starting…', '镜子正在启动…'],
  comeCloser: ['Lại gần gương hơn nhé', 'Come a little closer', '请靠近一点'],
  noFace: ['Nhìn vào gương nhé', 'Look into the mirror', '请看向镜子'],
  categories: ['Nhóm hàng', 'Categories', '分类'],
  products: ['Sản phẩm', 'Products', '商品'],
  shades: ['Màu', 'Shades', '色号'],
  nothingOn: ['Không', 'None', '不试'],
  intensity: ['Đậm nhạt', 'Intensity', '浓淡'],
  looks: ['Diện mạo', 'Looks', '整妆'],
  wearLook: ['Thử cả bộ', 'Wear it all', '整套试妆'],
  takeOffLook: ['Bỏ cả bộ', 'Take it all off', '全部卸下'],
  addAll: ['Thêm cả bộ vào giỏ', 'Add all to cart', '整套加入购物车'],
  changeShade: ['Đổi màu', 'Change shade', '换色号'],

  // Comparing
  tools: ['So sánh và chụp', 'Compare and take photos', '对比与拍照'],
  split: ['Trước · Sau', 'Before · After', '妆前妆后'],
  splitEdge: ['Kéo để so trước và sau', 'Drag to compare before and after', '拖动对比妆前妆后'],
  before: ['Trước', 'Before', '妆前'],
  after: ['Sau', 'After', '妆后'],
  compare: ['So màu', 'Compare', '对比色号'],
  compareHint: [
    'Chọn 2 đến 4 màu bên dưới. Chạm một ô để giữ màu đó.',
    'Choose 2 to 4 shades below. Touch a tile to keep it.',
    '在下方选 2–4 个色号，轻触画面保留其一。',
  ],
  keepThis: ['Giữ {name}', 'Keep {name}', '保留{name}'],
  freeze: ['Dừng hình', 'Freeze', '定格'],
  unfreeze: ['Chạy tiếp', 'Go on', '继续'],
  replay: ['Xem lại 5 giây', 'Replay 5 s', '回看 5 秒'],
  replayRecording: ['Đang ghi 5 giây…', 'Recording 5 s…', '正在录 5 秒…'],
  replayPlaying: ['Đang phát lại 5 giây vừa ghi.', 'This is a replay of the last 5 s.', '正在回放刚录的 5 秒。'],
  replayGlasses: [
    'Đang phát lại. Nếu bạn đeo kính, hãy đeo lại và xem.',
    'This is a replay. If you wear glasses, put yours back on and look.',
    '正在回放。平时戴眼镜的话，请戴上自己的再看。',
  ],
  replayEnd: ['Về gương', 'Back to the mirror', '返回镜子'],
  replayPrivacy: [
    '5 giây này chỉ nằm trong bộ nhớ và mất đi khi bạn về gương.',
    'These 5 s are in memory only and gone when you go back.',
    '这 5 秒只在内存中，返回后即消失。',
  ],
  ownGlasses: [
    'Tháo kính của bạn để thử gọng này. Nhìn không rõ? Hãy xem lại 5 giây.',
    'Take your own glasses off to try these. Cannot see well? Use the replay.',
    '试戴前请先摘下自己的眼镜。看不清？可回看 5 秒。',
  ],

  // Photos
  photo: ['Chụp ảnh', 'Photo', '拍照'],
  photoTitle: ['Chụp ảnh diện mạo này?', 'Take a photo of this look?', '拍下这个妆容？'],
  photoWhat: [
    'Ảnh chỉ chụp phần gương mặt bạn, được khoá trong máy của cửa hàng và bị xoá khi bạn bấm “Kết thúc”. Ảnh chỉ rời cửa hàng nếu bạn chọn mang theo điện thoại.',
    'The photo shows your face only. It is kept locked in this shop’s computer and deleted when you press “Finish”. It leaves the shop only if you choose to take it to your phone.',
    '照片只拍你的面部，加密保存在本店主机，点“结束”时删除。只有你选择带到手机时，照片才会离开本店。',
  ],
  photoTick: [
    'Tôi từ 16 tuổi trở lên và đồng ý chụp ảnh này.',
    'I am 16 or older and agree to this photo.',
    '我已满 16 岁并同意拍摄此照片。',
  ],
  photoTake: ['Chụp', 'Take the photo', '拍摄'],
  photoSoon: ['Nhìn vào gương…', 'Look into the mirror…', '请看镜子…'],
  photoKeep: ['Giữ ảnh', 'Keep it', '保留'],
  photoDelete: ['Xoá ảnh', 'Delete it', '删除'],
  photoAnother: ['Chụp ảnh khác', 'Take another', '再拍一张'],
  photoYours: ['Ảnh của bạn', 'Your photos', '你的照片'],
  photoPreview: ['Ảnh vừa chụp', 'The photo just taken', '刚拍的照片'],
  photoKept: ['Đã giữ đến khi kết thúc', 'Kept until you finish', '保留至结束'],
  photoAlong: ['Đi cùng giỏ hàng', 'Goes along with your cart', '随购物车带走'],
  alongTitle: ['Mang theo ảnh?', 'Take your photos along?', '带走照片吗？'],
  alongWhat: [
    'Chạm vào ảnh là bạn đồng ý. Ảnh được khoá tại đây: chỉ mã này mở được, chúng tôi cũng không xem được. Bị xoá sau 24 giờ.',
    'Touch a photo to agree. It is locked here: only this code opens it, not even we can. It is deleted after 24 hours.',
    '触摸照片即表示同意。照片在此加密：只有此码能打开，连我们也看不到。24 小时后删除。',
  ],
  alongYes: ['Mang theo ảnh này', 'Take this photo along', '带走这张照片'],
  alongNo: ['Không mang theo: xoá khỏi mọi nơi khác', 'Leave it here: it is deleted everywhere else', '不带走：在别处全部删除'],
  alongWaits: ['Ảnh đến điện thoại khi có lại đường truyền.', 'The photo reaches your phone when the line is back.', '网络恢复后照片会到达你的手机。'],
  friendsSay: ['Bạn bè chọn', 'Your friends choose', '朋友的选择'],
  friendsAsked: ['Đang chờ bạn bè bình chọn', 'Your friends are voting', '等待朋友投票'],
  friendsVotes: ['{n} phiếu', { one: '{n} vote', other: '{n} votes' }, '{n} 票'],
  photoNobody: [
    'Chưa chụp được. Nhìn vào gương rồi thử lại.',
    'No photo yet. Look into the mirror and try again.',
    '未能拍摄。请看向镜子后重试。',
  ],
  addToCart: ['Thêm vào giỏ', 'Add to cart', '加入购物车'],
  added: ['Đã thêm', 'Added', '已加入'],
  soldOut: ['Tạm hết hàng', 'Out of stock', '暂时缺货'],
  cannotTryOn: [
    'Món này chưa thử được trên gương',
    'Not yet in the mirror',
    '暂不支持镜中试戴',
  ],

  // Cart
  cart: ['Giỏ hàng', 'Cart', '购物车'],
  cartEmpty: [
    'Giỏ còn trống. Chọn một món rồi bấm “Thêm vào giỏ”.',
    'Nothing here yet. Choose something and press “Add to cart”.',
    '购物车是空的。选好商品后点“加入购物车”。',
  ],
  keepTrying: ['Thử tiếp', 'Keep trying', '继续试'],
  takeWithYou: ['Mang giỏ hàng theo bạn', 'Take it with you', '带走购物车'],

  // Take it with you
  scan: [
    'Quét mã bằng máy ảnh hoặc ứng dụng chat. Giỏ hàng mở trên điện thoại và thay đổi cùng màn hình này.',
    'Scan with your camera or chat app. The cart opens on your phone and changes together with this screen.',
    '用相机或聊天应用扫码。购物车会在手机上打开，并与此屏幕同步。',
  ],
  payAtTill: [
    'Thanh toán tại quầy thu ngân bất cứ lúc nào.',
    'Pay at the till whenever you like.',
    '可随时到收银台付款。',
  ],
  whereTo: ['Mở giỏ hàng ở đâu trên điện thoại?', 'Where shall your cart open?', '在手机上用什么打开购物车？'],
  scanWith: [
    'Quét mã bằng {app} hoặc máy ảnh. Giỏ hàng mở trên điện thoại và thay đổi cùng màn hình này.',
    'Scan with {app} or your camera. The cart opens on your phone and changes together with this screen.',
    '用{app}或相机扫码。购物车会在手机上打开，并与此屏幕同步。',
  ],
  scanThenSend: [
    'Quét mã bằng {app} hoặc máy ảnh, rồi gửi mã giỏ hàng này vào cuộc trò chuyện:',
    'Scan with {app} or your camera, then send this code in the chat:',
    '用{app}或相机扫码，然后在对话中发送此购物车码：',
  ],
  tooLongFor: [
    'Giỏ hàng quá dài cho {app}: mã này mở trong trình duyệt.',
    'Your cart is too long for {app}: this code opens in the browser.',
    '购物车内容过多，{app}放不下：此码将在浏览器中打开。',
  ],
  moreFollows: [
    'Vài món cuối sẽ hiện khi cửa hàng có mạng.',
    'The last few things follow when the shop is online.',
    '最后几件商品会在门店联网后显示。',
  ],
  typeCode: ['Không quét được? Mở {place} và nhập', 'Cannot scan? Open {place} and type', '无法扫码？打开 {place} 并输入'],
  otherApp: ['Ứng dụng khác', 'Another app', '换一个应用'],
  withdraw: ['Thu hồi mã này', 'Withdraw this code', '作废此码'],
  withdrawAsk: [
    'Người lạ đã thấy mã? Mọi mã và liên kết trước đây của giỏ này sẽ hết tác dụng; bạn quét mã mới.',
    'Did someone else see it? All codes and links of this cart so far stop working; you scan a new one.',
    '被别人看到了？此购物车之前的所有码和链接都将失效，请重新扫描新码。',
  ],
  withdrawYes: ['Thu hồi, tạo mã mới', 'Withdraw and make a new one', '作废并生成新码'],
  withdrawNo: ['Giữ lại', 'Keep it', '保留'],
  withdrawn: ['Mã cũ đã bị thu hồi. Đây là mã mới.', 'The old code is withdrawn. This is a new one.', '旧码已作废，这是新的码。'],
  too_early: ['Đồng hồ của máy chạy sai. Gọi nhân viên.', 'The clock of this machine is wrong. Call the staff.', '本机时钟有误，请联系店员。'],
  app_web: ['Trình duyệt', 'Browser', '浏览器'],
  app_wechat: ['WeChat', 'WeChat', '微信'],
  app_zalo: ['Zalo', 'Zalo', 'Zalo'],
  app_messenger: ['Messenger', 'Messenger', 'Messenger'],
  app_telegram: ['Telegram', 'Telegram', 'Telegram'],
  app_whatsapp: ['WhatsApp', 'WhatsApp', 'WhatsApp'],
  app_line: ['LINE', 'LINE', 'LINE'],
  app_viber: ['Viber', 'Viber', 'Viber'],
  qrLabel: ['Mã QR của giỏ hàng', 'QR code of the cart', '购物车二维码'],
  qrMaking: ['Đang tạo mã…', 'Making the code…', '正在生成二维码…'],
  phoneWaiting: ['Chờ điện thoại quét mã', 'Waiting for your phone', '等待手机扫码'],
  phoneSeen: ['Điện thoại đã mở giỏ hàng', 'Your phone has the cart', '手机已打开购物车'],
  paid: ['Đã thanh toán', 'Paid', '已付款'],
  receipt: ['Biên lai {number}', 'Receipt {number}', '小票 {number}'],
  thanks: ['Cảm ơn bạn!', 'Thank you!', '谢谢惠顾！'],
  wiped: ['Mọi thứ của bạn đã được xoá.', 'Everything of yours is wiped.', '你的内容已全部清除。'],

  // Finish and idle
  finish: ['Kết thúc', 'Finish', '结束'],
  finishLong: ['Kết thúc và xoá', 'Finish and wipe', '结束并清除'],
  stillThere: ['Bạn còn ở đây không?', 'Still there?', '你还在吗？'],
  touchToStay: [
    'Chạm để tiếp tục. Tự xoá sau {n} giây.',
    'Touch to go on. Wiping in {n} s.',
    '轻触继续，{n} 秒后自动清除。',
  ],

  // The line to HQ
  offlineShopper: [
    'Đang ngoại tuyến: vẫn thử và mua tại cửa hàng như thường.',
    'Offline: trying on and buying in this shop work as usual.',
    '当前离线：店内试妆和购买照常。',
  ],

  // Staff
  staff: ['Nhân viên', 'Staff', '店员'],
  enterPin: ['Nhập mã PIN', 'Enter your PIN', '输入 PIN 码'],
  signIn: ['Vào ca', 'Sign in', '登录'],
  signOut: ['Ra ca', 'Sign out', '退出'],
  erase: ['Xoá một số', 'Erase one digit', '删除一位'],
  openCarts: ['Giỏ đang mở', 'Open carts', '未结购物车'],
  noOpenCarts: [
    'Chưa có giỏ nào. Khách thêm hàng ở gương, hoặc bạn tìm hàng để tạo giỏ mới.',
    'No carts yet. Shoppers fill them at the mirror, or you start one from “Search”.',
    '暂无购物车。顾客可在镜前添加，或在“找货”新建。',
  ],
  search: ['Tìm / quét', 'Search / scan', '找货 / 扫码'],
  searchHint: ['Tên, SKU hoặc mã vạch', 'Name, SKU or barcode', '名称、SKU 或条码'],
  noHits: [
    'Không thấy “{text}”. Thử một phần của tên, hoặc quét lại mã vạch.',
    'Nothing for “{text}”. Try part of the name, or scan the barcode again.',
    '没有找到“{text}”。请输入部分名称或重新扫码。',
  ],
  recentSales: ['Đơn bán', 'Sales', '销售'],
  noSales: [
    'Chưa có đơn bán nào. Mỗi đơn hiện ở đây ngay sau khi thu tiền.',
    'No sales yet. Each shows here as soon as it is paid.',
    '暂无销售。收款后会立即显示在这里。',
  ],
  ticket: ['Phiếu bán', 'Ticket', '销售单'],
  newTicket: ['Phiếu mới', 'New ticket', '新建销售单'],
  ticketEmpty: [
    'Chọn một giỏ bên trái, hoặc tìm / quét hàng.',
    'Choose a cart on the left, or search / scan.',
    '选择左侧购物车，或找货 / 扫码。',
  ],
  stock: ['Còn {n}', '{n} in stock', '库存 {n}'],
  pay: ['Thu tiền', 'Take payment', '收款'],
  cash: ['Tiền mặt', 'Cash', '现金'],
  card: ['Thẻ', 'Card', '银行卡'],
  transfer: ['Chuyển khoản', 'Transfer', '转账'],
  transferHow: [
    'Khách quét mã bằng ứng dụng ngân hàng. Đơn bán tự ghi khi ngân hàng báo tiền về.',
    'The customer scans a code with their bank app. The sale is recorded by itself when the bank reports the money.',
    '顾客用银行应用扫码。银行通知到账后自动记录销售。',
  ],
  payOnPhone: ['Cho khách trả trên điện thoại', 'Let the customer pay on their phone', '让顾客用手机付款'],
  givenToPhone: [
    'Khách trả tiền trên điện thoại. Đơn hiện “đã trả” ở đây khi ngân hàng báo.',
    'The customer pays on the phone. The cart shows as paid here when the bank reports it.',
    '顾客用手机付款。银行通知后，这里会显示已付款。',
  ],
  showTransferCode: ['Hiện mã chuyển khoản', 'Show the code', '显示转账二维码'],
  transferQR: ['Mã QR chuyển khoản', 'QR code of the transfer', '转账二维码'],
  scanToPay: ['Quét bằng ứng dụng ngân hàng', 'Scan with your bank app', '请用银行应用扫码'],
  account: ['Tài khoản', 'Account', '账户'],
  transferCode: ['Nội dung', 'Transfer code', '转账附言'],
  transferWaiting: ['Đang chờ ngân hàng báo tiền về…', 'Waiting for the bank to report the money…', '等待银行通知到账…'],
  transferOffline: [
    'Đang mất nối với trung tâm: chưa nhận được tin của ngân hàng. Xem tiền về trên ứng dụng ngân hàng của cửa hàng.',
    'The line to HQ is down, so the bank’s word cannot arrive. Look on the shop’s own bank app.',
    '与总部断线，暂收不到银行通知。请查看店铺的银行应用。',
  ],
  transferExpired: ['Mã đã hết hạn. Tiền chuyển sau đó sẽ được hoàn lại.', 'The code has expired. Money sent after that is given back.', '二维码已过期，之后转入的钱将退还。'],
  transferMismatched: [
    'Ngân hàng báo về {amount}, không đúng số tiền. Trung tâm sẽ xử lý; báo quản lý.',
    'The bank reports {amount}, which is not what was asked for. HQ settles it; tell the manager.',
    '银行通知到账 {amount}，金额不符。由总部处理，请告知店长。',
  ],
  transferDue: [
    'Tiền đã về nhưng quá hạn hoặc giỏ đã trả rồi: cần hoàn lại cho khách.',
    'The money came too late, or the cart was paid already: it is to be given back.',
    '钱款到账过晚，或购物车已付款：需退还顾客。',
  ],
  transferHeld: [
    'Ngân hàng đã báo tiền về, nhưng dữ liệu vừa được khôi phục. Xem đơn này đã ghi chưa; nếu chưa, bấm nút dưới.',
    'The bank reports the money, but this database was put back. See whether the sale is there; if not, press below.',
    '银行已通知到账，但数据刚恢复。请确认是否已记录；若没有，点下方按钮。',
  ],
  newCode: ['Tạo mã mới', 'New code', '生成新码'],
  sawPayment: ['Tôi đã thấy tiền về', 'I saw the payment', '我已看到到账'],
  sawHint: [
    'Chỉ bấm khi thấy tiền trên tài khoản của cửa hàng, không phải trên màn hình của khách. Tên bạn được ghi lại.',
    'Only if you see the money on the shop’s own account, never on the customer’s screen. Your name is kept.',
    '仅在店铺账户看到到账时点击，不要看顾客的屏幕。会记录你的姓名。',
  ],
  sawWhy: ['Bạn thấy ở đâu?', 'Where did you see it?', '在哪里看到的？'],
  sawOnBankApp: ['Trên ứng dụng ngân hàng của cửa hàng', 'On the shop’s bank app', '店铺的银行应用'],
  sawOnSpeaker: ['Loa báo tiền về', 'The payment speaker said so', '收款音箱播报'],
  sawBankMessage: ['Tin nhắn của ngân hàng', 'The bank’s text message', '银行短信'],
  roundedCash: ['Tiền mặt, đã làm tròn', 'Cash, rounded', '现金（已取整）'],
  tendered: ['Khách đưa', 'Cash given', '收到现金'],
  exact: ['Đúng tiền', 'Exact', '正好'],
  clear: ['Xoá', 'Clear', '清零'],
  change: ['Tiền thối', 'Change', '找零'],
  missing: ['Còn thiếu', 'Still missing', '还差'],
  totalChanged: [
    'Giỏ hàng vừa thay đổi: tổng mới là {total}. Xem lại với khách.',
    'The cart has just changed: the new total is {total}. Check it with the customer.',
    '购物车刚有变动：新合计为 {total}，请与顾客核对。',
  ],
  useNewTotal: ['Dùng tổng mới', 'Use the new total', '使用新合计'],
  slipNumber: ['Số phiếu máy thẻ', 'Terminal slip number', 'POS 单号'],
  slipHint: [
    'Số trên phiếu của máy quẹt thẻ, không phải số thẻ.',
    'The number on the terminal’s slip, never the card number.',
    'POS 小票上的号码，不是银行卡号。',
  ],
  cardNumber: [
    'Có thể đó là số thẻ. Hãy nhập số phiếu của máy thẻ, không quá 12 chữ số.',
    'That may be a card number. Enter the terminal’s slip number, at most 12 digits.',
    '这可能是银行卡号。请输入 POS 单号，最多 12 位数字。',
  ],
  slipRefused: [
    'Số phiếu máy thẻ chỉ có chữ A–Z, chữ số, dấu cách và gạch nối.',
    'A terminal slip number has only letters A–Z, digits, spaces and dashes.',
    'POS 单号只能有 A–Z 字母、数字、空格和连字符。',
  ],
  recordSale: ['Ghi đơn bán', 'Record the sale', '记录销售'],
  recording: ['Đang ghi…', 'Recording…', '正在记录…'],
  unknownTitle: ['Chưa rõ đã ghi hay chưa', 'Not sure it was recorded', '尚不确定是否已记录'],
  unknownText: [
    'Không nhận được trả lời của máy. Bấm “Thử lại”: đơn bán sẽ không bị ghi hai lần.',
    'No answer came back. Press “Try again”: it will not be recorded twice.',
    '未收到主机答复。点“重试”，不会重复记录。',
  ],
  saleDone: ['Đã thu tiền', 'Paid', '收款完成'],
  receiptNumber: ['Số biên lai', 'Receipt number', '小票号'],
  nextCustomer: ['Khách tiếp theo', 'Next customer', '下一位'],
  lineUp: ['Nối với trung tâm', 'Line to HQ up', '总部连线正常'],
  lineDown: ['Mất nối với trung tâm từ {time}: vẫn bán như thường', 'Line to HQ down since {time}: keep selling as usual', '{time} 起与总部断线：照常销售'],
  nothingWaiting: ['Mọi đơn bán đã gửi', 'All sales sent', '销售已全部上传'],
  salesWaiting: [
    '{n} đơn bán chờ gửi, lâu nhất {age}',
    { one: '{n} sale waiting for {age}', other: '{n} sales waiting, oldest {age}' },
    '{n} 笔待上传，最早 {age}',
  ],
  kioskNoTLS: [
    'Địa chỉ https của gương {kiosk} chưa chạy: máy tính bảng chưa dùng được. Vẫn bán như thường; báo quản lý xem nhật ký máy chủ.',
    'The https address of mirror {kiosk} is not served: tablets cannot use it. Keep selling; tell the manager to look at the gateway’s log.',
    '镜子 {kiosk} 的 https 地址未运行，平板暂不可用。照常销售，请店长查看网关日志。',
  ],
  kioskNoPage: [
    'Gương {kiosk} chưa mở được. Vẫn bán như thường; báo quản lý xem nhật ký máy chủ.',
    'Mirror {kiosk} is not served. Keep selling; tell the manager to look at the gateway’s log.',
    '镜子 {kiosk} 未运行。照常销售，请店长查看网关日志。',
  ],
  diskFull: [
    'Ổ đĩa gần đầy. Vẫn bán như thường; ảnh và bản sao lưu tạm dừng. Báo quản lý dọn bớt ổ đĩa ngay.',
    'The disk is nearly full. Keep selling; photos and backups wait. Tell the manager to free some space now.',
    '磁盘将满。照常销售，照片和备份暂停。请店长立即清理磁盘。',
  ],
  backupFailed: [
    'Lần sao lưu gần nhất không thành. Vẫn bán như thường; báo quản lý xem nhật ký máy chủ.',
    'The last backup failed. Keep selling; tell the manager to look at the gateway’s log.',
    '最近一次备份失败。照常销售，请店长查看网关日志。',
  ],
  backupNoCopy: [
    'Thiết bị sao lưu thứ hai không có bản sao mới. Vẫn bán như thường; báo quản lý kiểm tra thiết bị đã cắm chưa.',
    'The second backup medium has no new copy. Keep selling; tell the manager to see whether it is plugged in.',
    '第二备份介质没有新副本。照常销售，请店长检查是否已插好。',
  ],
  databaseRestored: [
    'Dữ liệu của máy đã hỏng và được thay bằng bản sao lưu; số hóa đơn sang dãy mới. Vẫn bán như thường; báo quản lý kiểm tra có thiếu đơn nào không.',
    'The database was damaged and a backup took its place; receipt numbers go on in a new series. Keep selling; tell the manager to see whether sales are missing.',
    '数据库损坏，已换用备份；收据编号进入新系列。照常销售，请店长核对是否缺少销售记录。',
  ],
  databaseDoubtful: [
    'Ổ đĩa vừa báo lỗi. Đơn đã in hóa đơn vẫn còn đủ; đơn báo lỗi hãy bán lại. Báo quản lý cho kiểm tra ổ đĩa.',
    'The disk reported an error. Every printed receipt is safe; sell again what failed. Tell the manager to have the disk checked.',
    '磁盘报告错误。已打印的收据都在；失败的请重新销售。请店长安排检查磁盘。',
  ],
  witnessNotKept: [
    'Không ghi được tệp giữ số hóa đơn. Vẫn bán như thường; báo quản lý xem nhật ký máy chủ.',
    'The file that guards receipt numbers cannot be written. Keep selling; tell the manager to look at the gateway’s log.',
    '无法写入保护收据编号的文件。照常销售，请店长查看网关日志。',
  ],
  photosNotKept: [
    'Máy không giữ được ảnh của khách. Vẫn bán như thường; báo quản lý xem nhật ký máy chủ.',
    'Shoppers’ photos cannot be kept. Keep selling; tell the manager to look at the gateway’s log.',
    '无法保存顾客照片。照常销售，请店长查看网关日志。',
  ],
  printerUnknown: ['Đang hỏi máy in…', 'Asking the printer…', '正在查询打印机…'],
  printerReady: ['Máy in sẵn sàng', 'Printer ready', '打印机就绪'],
  printer_paper_low: ['Máy in sắp hết giấy. Chuẩn bị cuộn mới.', 'The printer’s paper is nearly used up. Have a new roll ready.', '打印机纸将用完，请备好新纸卷。'],
  printer_paper_out: [
    'Máy in hết giấy. Thay giấy: phiếu đang chờ sẽ tự in.',
    'The printer is out of paper. Put in a new roll: what waits prints by itself.',
    '打印机缺纸。换纸后，等待的票据会自动打印。',
  ],
  printer_cover_open: [
    'Nắp máy in đang mở. Đóng nắp: phiếu đang chờ sẽ tự in.',
    'The printer’s cover is open. Close it: what waits prints by itself.',
    '打印机盖未关。合上后，等待的票据会自动打印。',
  ],
  printer_fault: [
    'Máy in báo lỗi, có thể kẹt giấy. Xem máy in, tắt rồi bật lại.',
    'The printer reports a fault, perhaps jammed paper. Look at it, then switch it off and on.',
    '打印机报错，可能卡纸。请检查后关机再开机。',
  ],
  printer_offline: [
    'Không nối được máy in. Xem nguồn điện và dây cáp. Vẫn bán như thường.',
    'The printer cannot be reached. Look at its power and cable. Keep selling.',
    '无法连接打印机。请检查电源和线缆，照常销售。',
  ],
  printer_silent: [
    'Máy in không trả lời. Tắt rồi bật lại. Vẫn bán như thường.',
    'The printer does not answer. Switch it off and on. Keep selling.',
    '打印机没有响应。请关机再开机，照常销售。',
  ],
  ticketsWait: ['{n} phiếu chờ in', { one: '{n} ticket waits', other: '{n} tickets wait' }, '{n} 张待打印'],
  ticketsAsk: ['Xem lại {n} phiếu in', { one: 'Check {n} ticket', other: 'Check {n} tickets' }, '核对 {n} 张票据'],
  ticketsLook: ['Phiếu này đã in ra chưa?', 'Did these tickets come out?', '这些票据打印出来了吗？'],
  ticketsLookWhy: [
    'Máy in không xác nhận. Hãy nhìn máy in rồi chọn. Bản in lại có ghi “Bản sao”.',
    'The printer did not confirm them. Look at it, then choose. What is printed again says “Copy”.',
    '打印机没有确认。请查看打印机后选择。重打的票据标有“副本”。',
  ],
  ticketNone: ['Không còn phiếu nào phải xem.', 'No ticket is left to check.', '没有需要核对的票据。'],
  ticketFailed: ['Không in được phiếu này.', 'This ticket cannot be printed.', '此票据无法打印。'],
  ticketIsThere: ['Đã in ra', 'It came out', '已打印'],
  ticketAgain: ['In lại', 'Print again', '重新打印'],
  ticketDrop: ['Bỏ', 'Drop it', '不要了'],
  ticketQueued: ['Đã gửi đến máy in.', 'Sent to the printer.', '已发送到打印机。'],
  print: ['In', 'Print', '打印'],
  printSlip: ['In phiếu', 'Print a slip', '打印小票'],
  slipComes: ['Phiếu đang in ra.', 'Your slip is being printed.', '正在打印。'],
  print_receipt: ['Biên lai', 'Receipt', '小票'],
  print_refund: ['Phiếu trả hàng', 'Refund', '退货单'],
  print_void: ['Phiếu hủy', 'Void', '作废单'],
  print_z: ['Báo cáo Z', 'Z report', 'Z 日结报表'],
  print_cart: ['Phiếu giỏ hàng', 'Cart slip', '购物车小票'],
  print_test: ['In thử', 'Test print', '打印测试'],
  confirmedByHQ: ['Trung tâm đã nhận', 'HQ has it', '总部已收'],
  notConfirmed: ['Chờ gửi', 'Waiting', '待上传'],
  seconds: ['{n} giây', '{n} s', '{n} 秒'],
  minutes: ['{n} phút', '{n} min', '{n} 分钟'],
  hours: ['{n} giờ', '{n} h', '{n} 小时'],
  time: ['Giờ', 'Time', '时间'],
  soldBy: ['Người bán', 'Sold by', '店员'],
  sentToHQ: ['Trung tâm', 'HQ', '总部'],
  offlineMark: ['bán lúc mất nối', 'sold offline', '离线销售'],

  // What went wrong, by the kind of error
  invalid: ['Thông tin chưa đúng. Kiểm tra rồi thử lại.', 'Something is not right. Check it and try again.', '信息有误，请检查后重试。'],
  unauthorized: ['Hãy đăng nhập lại.', 'Please sign in again.', '请重新登录。'],
  wrongPin: ['Mã PIN không đúng. Nhập lại.', 'Wrong PIN. Enter it again.', 'PIN 码错误，请重新输入。'],
  forbidden: ['Bạn không được làm việc này.', 'You are not allowed to do this.', '你没有权限执行此操作。'],
  not_found: ['Không tìm thấy. Có thể đã được thay đổi ở máy khác.', 'Not found. It may have been changed elsewhere.', '未找到，可能已在别处更改。'],
  conflict: ['Vừa có thay đổi ở nơi khác. Xem lại rồi thử lại.', 'It was just changed elsewhere. Look again and retry.', '内容刚在别处更改，请查看后重试。'],
  cartPaid: ['Giỏ này đã thanh toán, không đổi được nữa.', 'This cart is paid and can no longer change.', '此购物车已付款，不能再更改。'],
  expired: ['Đã hết hạn. Hãy làm lại.', 'It has expired. Start again.', '已过期，请重新开始。'],
  too_large: ['Nhiều quá. Bớt lại rồi thử lại.', 'Too much at once. Try with less.', '内容过多，请减少后重试。'],
  too_many: ['Thử quá nhiều lần. Đợi một lúc rồi thử lại.', 'Too many tries. Wait a while, then try again.', '尝试次数过多，请稍后再试。'],
  internal: ['Máy gặp lỗi. Thử lại; nếu vẫn vậy hãy gọi quản lý.', 'Our fault. Try again; if it stays, call the manager.', '系统出错，请重试；仍有问题请联系店长。'],
  unavailable: ['Chưa sẵn sàng. Thử lại sau ít giây.', 'Not ready yet. Try again in a few seconds.', '暂不可用，请稍后重试。'],
  offline: ['Không nối được với máy của cửa hàng. Thử lại.', 'The shop’s computer does not answer. Try again.', '无法连接门店主机，请重试。'],
};

/** say is the word for key in language lang, with {name} filled from values. */
export function say(lang, key, values = {}) {
  const word = glossary[key];
  if (!word) throw new Error(`words: no entry "${key}"`);
  const forms = word[languages.findIndex((l) => l.id === lang)] ?? word[0];
  const text = typeof forms === 'string' ? forms : values.n === 1 ? forms.one : forms.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** pick is one language of a text of the shop: {vi, en, zh}. */
export function pick(lang, text) {
  return text?.[lang] || text?.vi || '';
}

const digits = new Intl.NumberFormat('vi-VN');
const cents = new Intl.NumberFormat('vi-VN', { minimumFractionDigits: 2 });

/** price writes an amount of minor units the shop's way: 199.000 ₫. */
export function price({ amount, currency }) {
  if (currency === 'VND') return `${digits.format(amount)}\u00a0₫`;
  return `${cents.format(amount / 100)}\u00a0${currency}`;
}

/** age writes a time span in the largest unit that fits. */
export function age(lang, seconds) {
  if (seconds < 90) return say(lang, 'seconds', { n: Math.round(seconds) });
  if (seconds < 5400) return say(lang, 'minutes', { n: Math.round(seconds / 60) });
  return say(lang, 'hours', { n: Math.round(seconds / 3600) });
}

/** clock writes a moment's time of day in the shop's zone, 24 h; before the zone is known, in the device's. */
export function clock(lang, moment, timeZone) {
  const locale = { vi: 'vi-VN', en: 'en-GB', zh: 'zh-CN' }[lang];
  return new Date(moment).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
}
