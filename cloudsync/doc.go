// Package cloudsync carries a shop's ledger to headquarters (HQ) exactly once
// in effect, and HQ's changes back to the shop. The truth is the shop's outbox
// and HQ's commit; the broker between them is a pipe that may lose, repeat and
// reorder. A batch of events is signed, numbered and hash-chained; HQ answers
// with a signed ack of how far it holds the lane without a gap, and whatever
// it has not confirmed is sent again. By signed commands HQ asks for events,
// digests, a snapshot or diagnostics; each is done once. Where no broker can be
// reached the same messages go over HTTPS, and where no line is into a file.
// asyncapi.yaml describes all of it.
package cloudsync
