// Package ticket draws what the shop prints, as bitmaps of one bit a dot, and
// writes them for receipt printers. Everything is a bitmap because printers
// share no code page for Vietnamese, and cheap ones draw no QR codes.
package ticket
