// Package account keeps who may use headquarters' pages and API, and what they
// did there: people, who sign in with a password; keys, with which systems ask;
// and the log of every change that either made.
//
// What somebody may do is said by a Role. A password is kept as its argon2id
// hash, a key and a session as the SHA-256 of what is random anyway. Passwords
// that headquarters makes are shown once and are changed at the first sign-in.
package account
