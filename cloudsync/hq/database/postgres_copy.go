package database

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/stdlib"
)

// InsertAll streams the rows with COPY. An insert of arrays would make each
// array whole in memory first, several times over.
func (postgres) InsertAll(ctx context.Context, t Tx, table string, c Columns) error {
	return t.conn.Raw(func(driverConn any) error {
		conn, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection to PostgreSQL is a %T", driverConn)
		}
		_, err := conn.Conn().PgConn().CopyFrom(ctx, newCopyReader(c), "copy "+table+" ("+c.names()+") from stdin (format binary)")
		return err
	})
}

// copyReader encodes rows as COPY reads them
// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"):
// text and bytea as they are, bigint as 8 bytes, a length before each.
type copyReader struct {
	columns Columns
	next    int // row
	rows    int
	buf     []byte // encoded, from read on not read yet
	read    int
}

// copyHeader is the format's signature, no flags, and no extension.
const copyHeader = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// copyNull and copyEnd stand for a length and for a count of fields.
const (
	copyNull = 1<<32 - 1
	copyEnd  = 1<<16 - 1
)

func newCopyReader(c Columns) *copyReader {
	return &copyReader{columns: c, rows: c.rows(), buf: []byte(copyHeader)}
}

// Read encodes as many rows as p takes.
func (r *copyReader) Read(p []byte) (int, error) {
	n := 0
	for {
		m := copy(p[n:], r.buf[r.read:])
		n, r.read = n+m, r.read+m
		switch {
		case n == len(p):
			return n, nil
		case r.next > r.rows:
			return n, io.EOF
		}
		r.buf, r.read = r.appendRow(r.buf[:0]), 0
	}
}

// appendRow encodes the next row, or the end behind the last.
func (r *copyReader) appendRow(b []byte) []byte {
	i := r.next
	r.next++
	if i == r.rows {
		return binary.BigEndian.AppendUint16(b, copyEnd)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.columns))) //nolint:gosec // a table has few
	for j := range r.columns {
		b = r.columns[j].appendCopy(b, i)
	}
	return b
}

// appendCopy encodes the value of row i.
func (c Column) appendCopy(b []byte, i int) []byte {
	switch v := c.values.(type) {
	case string:
		return appendField(b, v)
	case []string:
		return appendField(b, v[i])
	case [][]byte:
		return appendField(b, v[i])
	case []int64:
		b = binary.BigEndian.AppendUint32(b, 8)
		return binary.BigEndian.AppendUint64(b, uint64(v[i])) //nolint:gosec // two's complement is the format
	case []*string:
		if v[i] != nil {
			return appendField(b, *v[i])
		}
	}
	return binary.BigEndian.AppendUint32(b, copyNull)
}

func appendField[T string | []byte](b []byte, v T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(v))) //nolint:gosec // a field of the inbox is far below 4 GB
	return append(b, v...)
}
