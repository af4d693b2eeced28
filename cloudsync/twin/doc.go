// Package twin keeps a gateway's machine on the bundle that headquarters wants it
// to have: it fetches the bundle, hands it to the machine in the hours that HQ
// allows, and reports how the machine stands. What it was told and has said is in
// a file, so that it goes on after any interruption.
package twin
