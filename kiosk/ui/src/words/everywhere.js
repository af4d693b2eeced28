// Words that stand everywhere, and of the line to headquarters.
export default {
  close: ['Đóng', 'Close', '关闭'],
  back: ['Quay lại', 'Back', '返回'],
  tryAgain: ['Thử lại', 'Try again', '重试'],
  total: ['Tổng cộng', 'Total', '合计'],
  amount: ['Số tiền', 'Amount', '金额'],
  quantity: ['Số lượng', 'Quantity', '数量'],
  more: ['Thêm một', 'One more', '增加一件'],
  less: ['Bớt một', 'One less', '减少一件'],
  reasonWhy: ['Lý do', 'Reason', '原因'],
  remove: ['Bỏ', 'Remove', '移除'],
  language: ['Ngôn ngữ', 'Language', '语言'],
  filter: ['Lọc danh sách', 'Filter the list', '筛选列表'],
  noMatch: ['Không có dòng nào khớp “{text}”.', 'No line has “{text}”.', '没有包含“{text}”的行。'],
  look: ['Giao diện', 'Colours', '外观'],
  look_auto: ['Theo máy', 'As the device', '跟随设备'],
  look_light: ['Sáng', 'Light', '浅色'],
  look_dark: ['Tối', 'Dark', '深色'],
  pieces: ['{n} món', { one: '{n} item', other: '{n} items' }, '{n} 件'],
  atMost: ['Mỗi loại tối đa 99 món.', 'At most 99 of one thing.', '每种商品最多 99 件。'],
  reconnecting: ['Đang nối lại với máy của cửa hàng…', 'Reconnecting to the shop’s computer…', '正在重新连接门店主机…'],

  offlineShopper: [
    'Đang ngoại tuyến: vẫn thử và mua tại cửa hàng như thường.',
    'Offline: trying on and buying in this shop work as usual.',
    '当前离线：店内试妆和购买照常。',
  ],
};
