// Package database is where headquarters keeps what it knows: a SQLite file, or
// a PostgreSQL database that several collectors share. It holds the schema, of
// which each table belongs to one package above, and all that the two kinds do
// not have in common. Statements are the same for both, and every test runs on
// both.
//
// What a transaction of InTx decides, it decides as if there were no other. A
// commit is on disk. Times are stored as milliseconds since 1970, 0 for none.
package database
