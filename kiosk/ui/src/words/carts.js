// Telling open carts apart, putting them aside, opening the one that a customer shows.
export default {
  cartCode: ['Mã giỏ của khách', 'The customer’s cart code', '顾客的购物车码'],
  cartCodeHint: ['Quét mã QR của khách, hoặc gõ mã: K7F39-2QXM5', 'Scan the customer’s QR code, or type the code: K7F39-2QXM5', '扫描顾客的二维码，或输入：K7F39-2QXM5'],
  openCart: ['Mở giỏ', 'Open', '打开'],
  noCartCode: ['Đây không phải mã giỏ hàng. Mã có mười chữ và số.', 'That is no cart code. A code has ten letters and digits.', '这不是购物车码。购物车码为十位字母和数字。'],
  cartCodeUnknown: [
    'Không có giỏ nào ở đây mang mã này. Đọc lại mã, hoặc hỏi khách đã chọn hàng ở cửa hàng nào.',
    'No cart here has this code. Read it again, or ask in which shop the customer chose.',
    '本店没有此码的购物车。请核对，或询问顾客在哪家店选购。',
  ],
  cartCodeWithdrawn: [
    'Mã này đã bị thu hồi. Lấy mã mới ở màn hình hoặc trên điện thoại của khách.',
    'This code was withdrawn. Take the new one from the kiosk or the customer’s phone.',
    '此码已被撤回。请使用屏幕或顾客手机上的新码。',
  ],
  fromTill: ['Quầy', 'Till', '柜台'],
  fromKiosk: ['Gương {name}', 'Mirror {name}', '镜子 {name}'],
  fromPhone: ['Điện thoại', 'Phone', '手机'],
  park: ['Giữ lại', 'Park', '挂单'],
  parkTitle: ['Giữ phiếu bán này lại', 'Park this ticket', '挂起此销售单'],
  parkName: ['Tên để nhận ra', 'A name to know it by', '便于辨认的名称'],
  parkNote: ['Ghi chú (không bắt buộc)', 'Note (optional)', '备注（可不填）'],
  parkHint: ['Ví dụ: áo khoác đỏ. Không ghi tên hay số điện thoại của khách.', 'Such as: red coat. Not the customer’s name or number.', '例如：红外套。请勿填写顾客姓名或电话。'],
  parkedBy: ['{staff} giữ lúc {time}', 'parked by {staff} at {time}', '{staff} {time} 挂单'],
  parkedNow: ['Đã giữ phiếu. Mở lại ở “Chưa thanh toán”, tại quầy nào cũng được.', 'Parked. Take it up again from “Not paid yet”, at any till.', '已挂单。可在任一柜台的“未付款”中继续。'],
};
