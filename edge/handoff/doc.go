// Package handoff carries a cart from the shop to the shopper's phone: a
// signed token that holds the whole cart, the link around it, and the QR code
// around the link. HQ opens such a cart without having heard of it, while the
// shop's own line is down.
//
// A token is base64url, unpadded, of
//
//	version    1 byte
//	key id     3 bytes, the first of SHA-256(Ed25519 public key)
//	cart id    12 bytes
//	writers    count; each length, name; the gateway's own first, the others
//	           in ascending order
//	cut        the highest line number the gateway itself has used
//	lines      count; each
//	             writer·4 + plain·2 + gone, number, length of SKU, SKU
//	             plain: added
//	             else:  count of counters; each writer, added, removed
//	release    version of the catalogue
//	claim      number·2 + (1 when the phone holds it), until
//	expiry
//	closing    0, or 1 and length, sale; length, receipt; time
//	signature  64 bytes, Ed25519 over a domain tag and all bytes before it
//
// where every number is an unsigned varint (minimal), a writer in a line is
// its place in the table, times are seconds since 1970, and plain says that the
// line's own writer is the only one who counted and took nothing out.
//
// Lines that the gateway itself removed and nobody else touched are left out:
// its own numbers up to the cut that are not listed were removed, so that what
// a code says and what later events say never count twice.
package handoff
