// Package bundle brings a machine's files to it: all of them or none, and back if
// the machine does not work with them.
//
// A bundle is a zstd-compressed tar of manifest.json, signatures.json, optionally
// roots.json, and the files in the manifest's order, as files/PATH. The manifest
// says for which kinds of machine it is, its number, how long it may be taken, and
// the length and SHA-256 of each file. Signatures are Ed25519 over the manifest's
// bytes as they lie in the archive, after a prefix that says what is signed. Who
// may sign, and how many have to, says a root set; a new root set is signed by
// enough keys of the one before it and of its own.
//
// A bundle holds the whole of a machine's files: what is not in it is removed if
// the one before had brought it. It never holds a program or a database, so going
// back never meets data of a newer program. Its number only grows: what HQ wants
// back it builds anew under a higher number.
package bundle
