package api

import "net/http"

// unused takes from a page, by its Permissions-Policy, what none of ours asks a
// browser for.
const unused = "microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=(), midi=()"

// Protect sets what every answer says to a browser before anybody knows what it
// will be: it loads and runs nothing, stands in nobody's frame, is of the type
// that it says, is kept nowhere, and is no other site's to read. A handler that
// answers with more says so itself.
//
// Strict-Transport-Security is not among them: it would hold for every port of a
// host, and shut out whoever trusts a certificate of the gateway's own making. It
// is for the proxy that has a chain's certificate.
func Protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), "+unused)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// AllowCamera lets the page have the camera of the tablet that shows it.
func AllowCamera(h http.Header) { h.Set("Permissions-Policy", "camera=(self), "+unused) }
