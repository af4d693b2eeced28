// Package kiosk is what stands before the shopper: the session of one kiosk,
// from consent through the mirror to the wipe, its HTTP routes, and the pages
// that the shopper and the clerk see. It joins the shop (package edge), which
// knows no pixels, to the mirror (package ar), which knows no prices.
//
// Nothing of a shopper outlives the session: when it is finished, or nobody
// has touched the screen for a while, the look is cleared, the camera paused,
// what was held or recorded is forgotten, open streams are cut and the cart is
// let go. The cart itself stays in the shop, known only to whoever holds its
// link.
//
// While the shopper is asked for consent, their screen shows a blur of what the
// camera sees, 24 pixels wide, of frames that are neither analysed nor kept.
// Before and after that, and without consent, it shows nothing.
//
// # Photos
//
// A photo is taken only after a tick of its own, by somebody who says to be 16
// or older. Until the shopper decides to keep it, it is in memory alone, and gone
// with the consent to the camera. Kept, it is sealed on the gateway's disk with a
// key of its own, which the session alone knows; it is deleted with the session,
// or, if the shopper chose so, after a day at the latest. Without its key nobody
// can open it, and once the session is over only the page's answer, for a photo
// that stays, has held it: the gateway has forgotten it.
package kiosk
