package firmwarecfg

import (
	"fmt"
	"slices"
)

// Orders says what shoppers may order from their carts, and when HQ calls an order
// late.
type Orders struct {
	// DeliverTo are the countries that goods are brought to, by their two letters
	// (ISO 3166-1); none means that orders are collected in the shop alone.
	DeliverTo []string `yaml:"deliver_to"`
	// Patience is of HQ's board; a shop's order desk has its own.
	Patience OrderPatience `yaml:"patience"`
}

func defaultOrders() Orders { return Orders{DeliverTo: []string{"VN"}, Patience: defaultPatience()} }

func (o *Orders) check(c *checker) {
	o.Patience.check(c)
	for i, country := range o.DeliverTo {
		c.that(fmt.Sprintf("orders.deliver_to[%d]", i), len(country) == 2 && country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z',
			"%q is no country: write its two capital letters, such as VN", country)
		c.that(fmt.Sprintf("orders.deliver_to[%d]", i), slices.Index(o.DeliverTo, country) == i, "%q is there twice", country)
	}
}
