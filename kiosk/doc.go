// Package kiosk is what stands before the shopper: the session of one kiosk,
// from consent through the mirror to the wipe, its HTTP routes, and the pages
// that the shopper and the clerk see. It joins the shop (package edge), which
// knows no pixels, to the mirror (package ar), which knows no prices.
//
// Nothing of a shopper outlives the session: when it is finished, or nobody
// has touched the screen for a while, the look is cleared, the camera paused,
// open streams are cut and the cart is let go. The cart itself stays in the
// shop, known only to whoever holds its link.
package kiosk
