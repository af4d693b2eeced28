// What went wrong, by the kind of error.
export default {
  invalid: ['Thông tin chưa đúng. Kiểm tra rồi thử lại.', 'Something is not right. Check it and try again.', '信息有误，请检查后重试。'],
  unauthorized: ['Hãy đăng nhập lại.', 'Please sign in again.', '请重新登录。'],
  wrongPin: ['Mã PIN không đúng. Nhập lại.', 'Wrong PIN. Enter it again.', 'PIN 码错误，请重新输入。'],
  pinLocked: [
    'Nhập sai mã PIN nhiều lần. Máy này nhận mã lại sau {time}; máy khác vẫn bán như thường.',
    'Too many wrong PINs. This till takes PINs again in {time}; other tills sell as usual.',
    'PIN 多次错误。本机 {time} 后可再输入；其他收银机照常使用。',
  ],
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
