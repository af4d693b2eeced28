package firmwarecfg

import "time"

// OrderPatience is how long an order may wait until the order desk, or HQ's
// board, marks it; 0 for ever.
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

func defaultPatience() OrderPatience {
	const day = 24 * time.Hour
	return OrderPatience{
		Deposit: 2 * time.Hour, Answer: 4 * time.Hour, Work: day, Goods: 7 * day, Carrier: 5 * day, Delivery: day, PickUp: 3 * day, Refund: day,
	}
}

func (p *OrderPatience) check(c *checker) {
	const maxDays = 365
	for key, d := range map[string]time.Duration{
		"deposit": p.Deposit, "answer": p.Answer, "work": p.Work, "goods": p.Goods,
		"carrier": p.Carrier, "delivery": p.Delivery, "pick_up": p.PickUp, "refund": p.Refund,
	} {
		c.that("orders.patience."+key, d >= 0 && d <= maxDays*24*time.Hour, "%s is no time to wait: want 0s to %dh", d, maxDays*24)
	}
}
