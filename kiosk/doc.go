// Package kiosk is what stands before the shopper: the session of one kiosk,
// from consent through the mirror to the wipe, its HTTP routes, and the pages
// that the shopper and the clerk see. It joins the shop (package edge), which
// knows no pixels, to the mirror (package ar), which knows no prices.
//
// Nothing of a shopper outlives the session: when it is finished, nobody has
// touched the screen for a while, or nobody was seen in the mirror for a shorter
// while, the look is cleared, the camera paused, what was held or recorded is
// forgotten, open streams are cut and the cart is let go. The cart itself stays in the shop, known only to whoever holds its
// link.
//
// While the shopper is asked for consent, their screen shows a blur of what the
// camera sees, 24 pixels wide, of frames that are neither analysed nor kept.
// Before and after that, and without consent, it shows nothing.
//
// While a shopper scans a product to try it on, single frames are looked at for
// codes, of which only those of products are read on, and cleared at once.
//
// # Photos
//
// A photo is taken only after a tick of its own, by somebody who says to be 16
// or older. Until the shopper decides to keep it, it is in memory alone, and gone
// with the consent to the camera. Kept, it is sealed on the gateway's disk with a
// key of its own, which the session alone knows, and deleted with the session.
//
// By a second tick a photo goes along with the cart to the phone. It is made
// small, sealed with a secret of the session's, and brought to headquarters, which
// hands it to the phone and cannot open it: the secret stands in the cart's link
// behind the #, where browsers send it to nobody. Taken back, or deleted on
// either side, it is deleted on both. When the session ends, a photo whose secret
// was in no link that was shown is deleted; the others have a day.
package kiosk
