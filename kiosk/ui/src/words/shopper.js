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
};
