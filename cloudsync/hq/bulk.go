package hq

import (
	"database/sql"
	"strconv"
	"strings"
)

// column is one column of many rows that are inserted together: its values are
// a []string, []int64, [][]byte or, where some are null, []*string; a string is
// the same in all rows.
type column struct {
	name   string
	values any
}

// columns must all be equally long, and one at least must be a list.
type columns []column

func (c columns) names() string {
	return strings.Join(pluck(c, func(c *column) string { return c.name }), ", ")
}

func (c columns) rows() int {
	for i := range c {
		switch v := c[i].values.(type) {
		case []string:
			return len(v)
		case []int64:
			return len(v)
		case [][]byte:
			return len(v)
		case []*string:
			return len(v)
		}
	}
	return 0
}

// value is the value of row i.
func (c column) value(i int) any {
	switch v := c.values.(type) {
	case string:
		return v
	case []string:
		return v[i]
	case []int64:
		return v[i]
	case [][]byte:
		return v[i]
	case []*string:
		if v[i] != nil {
			return *v[i]
		}
	}
	return nil
}

// pluck is one value of each of a list.
func pluck[T, V any](list []T, of func(*T) V) []V {
	values := make([]V, len(list))
	for i := range list {
		values[i] = of(&list[i])
	}
	return values
}

// insertSQL writes an insert of so many rows, with placeholders.
func insertSQL(table string, c columns, rows int) string {
	var b strings.Builder
	b.WriteString("insert into " + table + " (" + c.names() + ") values ")
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range c {
			if j > 0 {
				b.WriteByte(',')
			}
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// forEach calls each with every row, and closes them.
func forEach(rows *sql.Rows, err error, each func(*sql.Rows) error) error {
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
