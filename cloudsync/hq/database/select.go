package database

import (
	"context"
	"database/sql"
)

// Queryer runs a query: a pool or a transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Rower reads one row: a pool or a transaction.
type Rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Selection is a query that Each runs.
type Selection func() (*sql.Rows, error)

// Select selects rows.
func Select(ctx context.Context, db Queryer, query string, args ...any) Selection {
	return func() (*sql.Rows, error) { return db.QueryContext(ctx, query, args...) }
}

// Each calls each with every row, in their order, until one fails.
func (s Selection) Each(each func(*sql.Rows) error) error {
	rows, err := s()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
