// Package ui carries the built pages of the kiosk and of the staff.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist holds index.html, staff.html and assets/, or none of them where the
// pages were not built.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("ui: " + err.Error()) // only a malformed path can fail, and this one is a constant
	}
	return sub
}
