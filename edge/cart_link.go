package edge

// maxWithdrawals bounds how often a cart's links are withdrawn: a short link has
// seven bits for it.
const maxWithdrawals = 100

// WithdrawLinks makes every link to the cart that was handed out so far open it
// no more: a code that others saw, too. A cart that was paid can be withdrawn as
// well. Whoever holds the cart on a phone scans a new code.
func (c *Cart) WithdrawLinks() error {
	if c.Links >= maxWithdrawals {
		return Errorf("edge.Cart.WithdrawLinks", TooMany, "the links of this cart were withdrawn %d times: put its products into a new one", c.Links)
	}
	c.Links++
	return nil
}

// Admits reports whether a link of the given generation still opens the cart,
// as far as is known of it here: an error of kind Withdrawn where it does not.
func (c *Cart) Admits(links uint32) error {
	if links < c.Links {
		return Errorf("edge.Cart.Admits", Withdrawn, "this link was withdrawn in the shop: scan the code on the screen there")
	}
	return nil
}
