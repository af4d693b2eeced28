// Package talk keeps what people and the chain say to each other in chat apps:
// who answers, what was said, what is still to be sent, and the keys that apps
// give out for a while. All of it is sealed with headquarters' key, is no part of
// the ledger, and is forgotten in the end.
//
// A message takes effect once, however often its app reports it. Lines of a
// conversation go in their order, each sent by one collector at a time; a line
// with a topic is said once.
package talk
