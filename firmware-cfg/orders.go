package firmwarecfg

import (
	"fmt"
	"slices"
)

// Orders says what shoppers may order from their carts.
type Orders struct {
	// DeliverTo are the countries that goods are brought to, by their two letters
	// (ISO 3166-1); none means that orders are collected in the shop alone.
	DeliverTo []string `yaml:"deliver_to"`
	// Provinces are Vietnam's, as the form of an address offers them; without them
	// people write theirs.
	Provinces []string `yaml:"provinces"`
}

// defaultOrders has Vietnam's 34 provinces since 2025-07-01.
func defaultOrders() Orders {
	return Orders{
		DeliverTo: []string{"VN"},
		Provinces: []string{
			"TP. Hồ Chí Minh", "Hà Nội", "An Giang", "Bắc Ninh", "Cà Mau", "Cần Thơ", "Cao Bằng", "Đà Nẵng", "Đắk Lắk", "Điện Biên",
			"Đồng Nai", "Đồng Tháp", "Gia Lai", "Hà Tĩnh", "Hải Phòng", "Huế", "Hưng Yên", "Khánh Hòa", "Lai Châu", "Lâm Đồng",
			"Lạng Sơn", "Lào Cai", "Nghệ An", "Ninh Bình", "Phú Thọ", "Quảng Ngãi", "Quảng Ninh", "Quảng Trị", "Sơn La", "Tây Ninh",
			"Thái Nguyên", "Thanh Hóa", "Tuyên Quang", "Vĩnh Long",
		},
	}
}

func (o *Orders) check(c *checker) {
	for i, country := range o.DeliverTo {
		c.that(fmt.Sprintf("orders.deliver_to[%d]", i), len(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z',
			"%q is no country: write its two capital letters, such as VN", country)
		c.that(fmt.Sprintf("orders.deliver_to[%d]", i), slices.Index(o.DeliverTo, country) == i, "%q is there twice", country)
	}
	for i, p := range o.Provinces {
		c.that(fmt.Sprintf("orders.provinces[%d]", i), p != "" && len(p) <= 120, "%q is no name of 1 to 120 bytes", p)
	}
}
