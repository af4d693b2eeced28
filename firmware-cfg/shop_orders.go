package firmwarecfg

import (
	"fmt"
	"regexp"
	"slices"
)

// ShopOrders are the terms of orders that clerks take.
type ShopOrders struct {
	Deposit     int           `yaml:"deposit"`      // percent of the total that is taken where a deposit is
	FreeFrom    int64         `yaml:"free_from"`    // goods for so much are brought for nothing, in minor units; 0 for never
	CollectDays int           `yaml:"collect_days"` // until goods are in a shop to be collected
	Fees        []DeliveryFee `yaml:"fees"`         // the first that fits; where none does nothing is delivered
	Patience    OrderPatience `yaml:"patience"`
}

// DeliveryFee is what it costs to bring goods to some provinces.
type DeliveryFee struct {
	Provinces []string `yaml:"provinces"` // their codes; empty for all others
	Fee       int64    `yaml:"fee"`       // minor units
	Days      int      `yaml:"days"`      // until the goods are there
}

func defaultShopOrders() ShopOrders {
	return ShopOrders{Deposit: 30, CollectDays: 3, Fees: []DeliveryFee{}, Patience: defaultPatience()}
}

var provinceCode = regexp.MustCompile(`^[A-Za-z0-9-]{1,10}$`)

func (o *ShopOrders) check(c *checker) {
	const maxFee, maxDays = 1 << 36, 365
	c.between("orders.deposit", o.Deposit, 1, 100)
	c.between("orders.collect_days", o.CollectDays, 0, maxDays)
	c.that("orders.free_from", o.FreeFrom >= 0, "%d is less than nothing", o.FreeFrom)
	o.Patience.check(c)
	var named []string
	for i, f := range o.Fees {
		at := func(field string) string { return fmt.Sprintf("orders.fees[%d].%s", i, field) }
		c.that(at("fee"), f.Fee >= 0 && f.Fee <= maxFee, "%d is no fee in minor units", f.Fee)
		c.between(at("days"), f.Days, 0, maxDays)
		c.that(at("provinces"), len(f.Provinces) > 0 || i == len(o.Fees)-1, "only the last fee is for all others: name the provinces of this one")
		for _, p := range f.Provinces {
			c.that(at("provinces"), provinceCode.MatchString(p), "%q is no code of a province, such as 79", p)
			c.that(at("provinces"), !slices.Contains(named, p), "%s has a fee already", p)
			named = append(named, p)
		}
	}
}
