// A manager's yes to what a clerk may not do alone.
export default {
  managerPin: ['Mã PIN của quản lý', 'A manager’s PIN', '店长 PIN 码'],
  approve: ['Đồng ý', 'Approve', '批准'],
  cancel: ['Thôi', 'Cancel', '取消'],
  notManager: ['Mã PIN này không phải của quản lý.', 'This is not a manager’s PIN.', '这不是店长的 PIN 码。'],
};
