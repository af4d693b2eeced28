package database

import (
	"strconv"
	"strings"
)

// Column is one column of many rows that are inserted together.
type Column struct {
	name   string
	values any // a []string, []int64, [][]byte or []*string; a string is the same in all rows
}

// List is a column of values, one for each row. Of *string, nil is null.
func List[V string | int64 | []byte | *string](name string, values []V) Column {
	return Column{name, values}
}

// Of is a column whose values are made of the rows of a list.
func Of[T any, V string | int64 | []byte | *string](name string, rows []T, value func(*T) V) Column {
	return List(name, Pluck(rows, value))
}

// Same is a column that is the same in all rows.
func Same(name, value string) Column { return Column{name, value} }

// Columns must all be equally long, and one at least must be a list.
type Columns []Column

func (c Columns) names() string {
	return strings.Join(Pluck(c, func(c *Column) string { return c.name }), ", ")
}

func (c Columns) rows() int {
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
func (c Column) value(i int) any {
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

// Pluck is one value of each of a list.
func Pluck[T, V any](list []T, of func(*T) V) []V {
	values := make([]V, len(list))
	for i := range list {
		values[i] = of(&list[i])
	}
	return values
}

// insertSQL writes an insert of so many rows, with placeholders.
func insertSQL(table string, c Columns, rows int) string {
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
