// Package hq is headquarters' side of the sync: it takes the shops' batches,
// commits them, acknowledges what it holds, and projects the events into
// sales, stock and carts that people and pages read. Events are stored before
// they are understood, so one that cannot be used is set aside and holds up
// nothing.
package hq
