// Package hq is headquarters' side of the sync: it takes the shops' batches,
// commits them, acknowledges what it holds, and projects the events into
// sales, stock and carts that people and pages read. Events are stored before
// they are understood, so one that cannot be used is set aside and holds up
// nothing.
//
// The ledger lies in package database, which the packages beside it share: talk
// keeps the conversations in chat apps, audit holds records against each other.
//
// Batches that come while a transaction is under way are committed together in
// the next one. Several collectors may share a PostgreSQL database: a lane's
// cursor row is locked while its batches are taken in, positions are given out
// under one lock that is held to the commit, so that they can be seen in their
// order, and one collector at a time projects.
package hq
