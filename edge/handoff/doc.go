// Package handoff carries a cart from the shop to the shopper's phone: a
// signed token that holds the whole cart, the links that take it into each chat
// app, and the QR code around a link. HQ opens such a cart without having heard
// of it, while the shop's own line is down.
//
// # The token
//
// A token is base64url, unpadded, of
//
//	version    1 byte
//	key id     3 bytes, the first of SHA-256(Ed25519 public key)
//	cart id    12 bytes
//	body       one number, big-endian, without leading zeros
//	signature  64 bytes, Ed25519 over a domain tag and all bytes before it
//
// The body says, in this order and packed as packer does: the gateway's writer;
// the catalogue's release; when the token was made, to the minute, and for how
// many hours it opens; whether it has all lines; how often links were withdrawn; the claim and its time;
// sale, receipt and time of a cart that was paid; the other writers; the
// gateway's lines by their numbers, up to the highest it has used; and the
// others' lines. A line has its writer, number, SKU and each writer's counters;
// usually its own writer alone counted, upwards, which takes three bits. A cart
// of three lines comes to about 150 characters.
//
// Of the gateway's lines those that it removed and nobody else touched are left
// out: a number up to the highest that is not listed was removed, so that what a
// code says and what later events say never count twice. Notes and options are
// left out as well; they follow with the events.
//
// Each cart has one token at a time: Decode takes no other form of the same.
//
// # The short token
//
// A channel without room takes ShortLen characters, base64url of
//
//	key id     3 bytes, of the gateway
//	cart id    12 bytes
//	hours·128 + withdrawals   3 bytes; expiry in hours since 2026
//	tag        6 bytes of HMAC-SHA-256 over the bytes before it
//
// under a secret that gateway and HQ derive from their two keys (Share). It
// opens the live cart once HQ has heard of it. The cart's id alone opens
// nothing, so it may stand in exports and logs. A tag can be guessed only by
// asking HQ, 2^47 times on average for each cart.
//
// # Keys, and codes that come again
//
// A key is named by a prefix of its hash, not its number, so a gateway may
// change keys at any time: HQ keeps the old one, and what that signed opens
// until it expires. Keys that share a prefix are all tried. Short tokens end
// with either of the two keys: then they are damaged, and the shopper scans
// anew.
//
// A code may be opened as often as anybody likes until it expires; it brings
// what the cart was when it was made, and merging takes in nothing twice. What
// keeps others out is withdrawing: the shop counts the cart's withdrawals up,
// and HQ refuses codes of a lower count than the highest it knows
// (edge.Cart.Admits), be it from an event or from a newer code. Between the
// withdrawal and the first of these an old code still opens: the shop is cut
// off, and nobody has scanned the new one.
//
// A code made in the future, as HQ's clock says, by more than edge.ClaimMargin
// is refused: a shop whose clock is ahead would otherwise hand out claims and
// times of expiry that are too late.
package handoff
