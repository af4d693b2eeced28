package ticket

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

// press draws as a shop in Hanoi would.
func press(t testing.TB, paper Paper) *Press {
	fonts, err := NewFonts(SystemFonts(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	hanoi, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	require.NoError(t, err)
	return &Press{Paper: paper, Fonts: fonts, Shop: Shop{
		Name: "Tiệm đẹp Nắng Mai", Lines: []string{"12 Nguyễn Huệ, phường Sài Gòn, TP. Hồ Chí Minh", "ĐT 028 1234 5678 · MST 0312345678"},
		Foot: []string{"Đổi trả trong 7 ngày với biên lai. Cảm ơn quý khách!"}, Location: hanoi,
	}}
}

func vnd(n int64) edge.Money { return edge.Money{Amount: n, Currency: "VND"} }

var soldAt = time.Date(2026, 11, 22, 7, 3, 0, 0, time.UTC)

func sampleLines() []edge.SaleLine {
	return []edge.SaleLine{
		{
			SKU: "LIP-01-RED", Name: edge.Text{VI: "Son lì Nắng Mai Velvet", EN: "Nang Mai Velvet matte lipstick", ZH: "丝绒哑光口红"},
			Shade: edge.Text{VI: "Đỏ gạch", EN: "Brick red", ZH: "砖红"}, Quantity: 2, Price: 199000, Total: 398000, VATRate: 800, VAT: 29481,
		},
		{
			SKU: "GLA-01-BLK", Name: edge.Text{VI: "Kính mát gọng tròn kim loại phủ chống phản quang", EN: "Round metal sunglasses with anti-reflective coating", ZH: "金属圆框防反光太阳镜"},
			Shade: edge.Text{VI: "Đen", EN: "Black", ZH: "黑色"}, Quantity: 1, Price: 890000, Total: 890000, VATRate: 1000, VAT: 80909,
		},
		{SKU: "TH-1", Name: edge.Text{VI: "น้ำหอม กลิ่นดอกไม้", EN: "น้ำหอม Floral mist", ZH: "น้ำหอม 花香"}, Quantity: 1, Price: 320000, Total: 320000, VATRate: 800, VAT: 23704},
	}
}

func sampleSale() *edge.Sale {
	return &edge.Sale{
		ID: "s1", Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 42}, Lines: sampleLines(), Total: vnd(1608000), VAT: 134094,
		Payments: edge.Payments{{Method: edge.Cash, Amount: 1608000, Tendered: 2000000}}, TaxCode: "0101234567", Release: 7, Staff: "Trần Thị Mỹ Linh", At: soldAt,
	}
}

func phoneSale() *edge.Sale {
	s := sampleSale()
	s.Staff, s.TaxCode, s.Payments = "", "", edge.Payments{{Method: edge.ByPhone, Amount: 1608000, Reference: "MC7K3J9XQ2T8W"}}
	return s
}

// samples is one document of every kind.
func samples() map[string]Document {
	sale := sampleSale()
	link := link(235)
	lines := sale.Lines[:2]
	return map[string]Document{
		"receipt": Receipt{sale}, "paid on the phone": Receipt{phoneSale()},
		"refund": Refund{&edge.Refund{
			Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 43}, Sale: sale.Ref(), Lines: []edge.RefundLine{{SaleLine: lines[0], To: edge.ToStock}},
			Total: vnd(398000), VAT: 29481, Back: []edge.Payback{{Method: edge.Card, Amount: 398000, Reference: "SLIP 8812"}},
			Reason: "Sai màu", Approval: &edge.Approval{Staff: "Nguyễn Hằng"}, Staff: "Linh", At: soldAt,
		}},
		"void": Void{&edge.Void{
			Receipt: edge.Receipt{Till: "T1", Series: 1, Counter: 44}, Sale: sale.Ref(), Lines: lines, Total: vnd(1288000), VAT: 110390,
			Back: []edge.Payback{{Method: edge.Cash, Amount: 1288000}}, Reason: "Khách đổi ý", Staff: "Linh", At: soldAt,
		}},
		"cart": Cart{Lines: lines, Total: vnd(1288000), Link: &edge.Link{URL: link, Code: "K7F39-2QXM5", CodeAt: "cart.example.vn/k", Expires: soldAt.Add(72 * time.Hour)}, At: soldAt},
		"order": Order{
			Number: "HN-20261122-0007", State: edge.OrderPlaced, Lines: lines, Total: vnd(1288000), Paid: 200000, PickUp: "Nắng Mai Hoàn Kiếm",
			Code: "K7-4Q2", Deliver: []string{"Phạm Thu Hà", "25 Lý Thường Kiệt, phường Cửa Nam, Hà Nội"}, Subject: true, Link: link, Staff: "Linh", At: soldAt,
		},
		"z": ZReport{&edge.ZReport{
			Till: "T1", Series: 1, Number: 12, From: 40, To: 61, Missing: 1, Staff: "Linh", At: soldAt,
			Totals: []edge.ZTotal{{
				Currency: "VND", Sales: edge.ZCount{Count: 18, Amount: 18765000, VAT: 1402000}, Voids: edge.ZCount{Count: 1, Amount: 398000, VAT: 29481}, Refunds: edge.ZCount{Count: 2, Amount: 640000, VAT: 47408},
				Methods: []edge.ZMethod{{Method: edge.Card, Taken: 8765000, Given: 640000}, {Method: edge.Cash, Taken: 10000000, Given: 398000}},
				Rates:   []edge.ZRate{{Rate: 800, Amount: 9000000, VAT: 666667}, {Rate: 1000, Amount: 8727000, VAT: 793364}},
			}},
			Shifts: []edge.ZShift{sampleShift()},
		}},
		"test": Test{soldAt},
	}
}

// sampleShift ended after midnight, a note short.
func sampleShift() edge.ZShift {
	return edge.ZShift{
		Number: 12, Currency: "VND", Float: 1500000, In: 500000, Out: -45000, Drop: -8000000, Expected: 3557000, Counted: 3507000,
		Reason: "Thối nhầm", Staff: "Linh", From: soldAt.Add(-9 * time.Hour), To: soldAt.Add(time.Hour),
	}
}

// SystemFonts are the files where Debian's packages fonts-droid-fallback,
// fonts-noto-cjk and fonts-wqy-microhei put a font with Chinese characters.
func SystemFonts() []string {
	return []string{
		"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
		"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
	}
}
