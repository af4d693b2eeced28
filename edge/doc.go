// Package edge is the ground floor of the shop: what money, a product, a cart,
// a sale and an event are, and the rules they keep. It imports only the
// standard library. Whatever stores, shows or sends these things lives in the
// packages below it and meets the others through the interfaces of ports.go.
package edge
