package firmwarecfg

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// ShopOrders are the terms of orders that clerks take.
type ShopOrders struct {
	Deposit     int           `yaml:"deposit"`      // percent of the total that is taken where a deposit is
	FreeFrom    int64         `yaml:"free_from"`    // goods for so much are brought for nothing, in minor units; 0 for never
	CollectDays int           `yaml:"collect_days"` // until goods are in a shop to be collected
	Fees        []DeliveryFee `yaml:"fees"`         // the first that fits; where none does nothing is delivered
	Patience    OrderPatience `yaml:"patience"`
}

// OrderPatience is how long an order may wait until the order desk marks it; 0 for
// ever.
type OrderPatience struct {
	Deposit  time.Duration `yaml:"deposit"`  // to be paid
	Answer   time.Duration `yaml:"answer"`   // for HQ to accept it
	Work     time.Duration `yaml:"work"`     // for each step at HQ
	Goods    time.Duration `yaml:"goods"`    // to come in
	Carrier  time.Duration `yaml:"carrier"`  // on the road, there or back
	Delivery time.Duration `yaml:"delivery"` // out for delivery, or to be tried again
	PickUp   time.Duration `yaml:"pick_up"`  // in the shop
	Refund   time.Duration `yaml:"refund"`   // to be given back
}

// DeliveryFee is what it costs to bring goods to some provinces.
type DeliveryFee struct {
	Provinces []string `yaml:"provinces"` // their codes; empty for all others
	Fee       int64    `yaml:"fee"`       // minor units
	Days      int      `yaml:"days"`      // until the goods are there
}

func defaultShopOrders() ShopOrders {
	const day = 24 * time.Hour
	return ShopOrders{Deposit: 30, CollectDays: 3, Fees: []DeliveryFee{}, Patience: OrderPatience{
		Deposit: 2 * time.Hour, Answer: 4 * time.Hour, Work: day, Goods: 7 * day, Carrier: 5 * day, Delivery: day, PickUp: 3 * day, Refund: day,
	}}
}

var provinceCode = regexp.MustCompile(`^[A-Za-z0-9-]{1,10}$`)

func (o *ShopOrders) check(c *checker) {
	const maxFee, maxDays = 1 << 36, 365
	c.between("orders.deposit", o.Deposit, 1, 100)
	c.between("orders.collect_days", o.CollectDays, 0, maxDays)
	c.that("orders.free_from", o.FreeFrom >= 0, "%d is less than nothing", o.FreeFrom)
	for key, d := range map[string]time.Duration{
		"deposit": o.Patience.Deposit, "answer": o.Patience.Answer, "work": o.Patience.Work, "goods": o.Patience.Goods,
		"carrier": o.Patience.Carrier, "delivery": o.Patience.Delivery, "pick_up": o.Patience.PickUp, "refund": o.Patience.Refund,
	} {
		c.that("orders.patience."+key, d >= 0 && d <= maxDays*24*time.Hour, "%s is no time to wait: want 0s to %dh", d, maxDays*24)
	}
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
