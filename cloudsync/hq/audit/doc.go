// Package audit holds the records that shops sent against each other: numbers
// that two receipts have, voids and refunds against their sales, Z reports
// against each other and against the receipts. It refuses nothing and changes no
// record: what does not add up is told, for a person to find out about.
//
// It reads what the projection wrote (sales, corrections, Z reports, the money of
// orders, what headquarters gave back); the tables discrepancy and
// foreign_refund are its own.
package audit
