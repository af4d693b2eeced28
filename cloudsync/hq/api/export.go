package api

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// nextCursor is the trailer of an export that is whole: the cursor to begin the
// next one with.
const nextCursor = "Next-Cursor"

// row can stand in a table.
type row interface {
	head() []string // the names of the columns
	cells() []any   // strings, whole numbers, truths and times
}

// exported streams a list from the cursor to its present end, a page at a time:
// it holds no more than one. An answer that breaks off ends without the trailer
// and without HTTP's own end.
func exported[T row](a *API, open func(*gin.Context) (source[T], error), name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		s, err := open(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		e, err := newExport(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		done, err := a.stream(c)
		if err != nil {
			a.fail(c, err)
			return
		}
		defer done()
		p, err := s.read(c.Request.Context(), c.Query("after"), maxLimit)
		if err != nil { // nothing is written yet, so it can be said
			a.fail(c, err)
			return
		}
		if err := run(a, c, e, s, p, name); err != nil {
			a.Log.Warn("export broken off", "route", c.FullPath(), "error", err)
			breakOff(c)
		}
	}
}

// run writes the pages, p first.
func run[T row](a *API, c *gin.Context, e *export, s source[T], p page[T], name string) error {
	e.begin(c, name)
	var t T
	if err := e.table(t.head()); err != nil {
		return err
	}
	for {
		for _, r := range p.rows {
			if err := e.row(r); err != nil {
				return err
			}
		}
		if err := e.flush(c, a.Patience); err != nil {
			return err
		}
		if !p.more {
			break
		}
		var err error
		if p, err = s.read(c.Request.Context(), p.next, maxLimit); err != nil {
			return err
		}
	}
	if err := e.end(); err != nil {
		return err
	}
	c.Writer.Header().Set(http.TrailerPrefix+nextCursor, p.next)
	return nil
}

// breakOff makes the connection end in the middle, so that nobody takes what
// has come for all there is.
func breakOff(c *gin.Context) {
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Unix(1, 0)) // where that cannot be set, the trailer is missing at least
}

// export writes rows.
type export struct {
	csv, bom, gzip bool
	w              *bufio.Writer // of the text
	packed         *gzip.Writer
	lines          *json.Encoder
	cells          *csv.Writer
	record         []string
}

func newExport(c *gin.Context) (*export, error) {
	e := &export{}
	switch f := c.Query("format"); f {
	case "", "ndjson":
	case "csv":
		e.csv = true
	default:
		return nil, invalid("format=%.20q: want ndjson or csv", f)
	}
	var err error
	if e.bom, err = truthOf(c, "bom"); err != nil {
		return nil, err
	}
	if e.bom && !e.csv {
		return nil, invalid("bom=true goes with format=csv alone")
	}
	for coding := range strings.SplitSeq(c.GetHeader("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(coding, ";")
		e.gzip = e.gzip || strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(quality, " ", "") != "q=0"
	}
	return e, nil
}

// begin writes the header.
func (e *export) begin(c *gin.Context, name string) {
	h, kind, ending := c.Writer.Header(), "application/x-ndjson", "ndjson"
	if e.csv {
		kind, ending = "text/csv; charset=utf-8; header=present", "csv"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+"."+ending))
	h.Set("Vary", "Accept-Encoding")
	var w io.Writer = c.Writer
	if e.gzip {
		h.Set("Content-Encoding", "gzip")
		e.packed = gzip.NewWriter(w)
		w = e.packed
	}
	c.Status(http.StatusOK)
	e.w = bufio.NewWriterSize(w, 32<<10)
	e.lines, e.cells = json.NewEncoder(e.w), csv.NewWriter(e.w)
	e.lines.SetEscapeHTML(false)
}

// table writes the names of the columns, where there are any.
func (e *export) table(head []string) error {
	if !e.csv {
		return nil
	}
	if e.bom {
		if _, err := e.w.WriteString("\ufeff"); err != nil {
			return err
		}
	}
	return e.cells.Write(head)
}

func (e *export) row(r row) error {
	if !e.csv {
		return e.lines.Encode(r)
	}
	e.record = e.record[:0]
	for _, v := range r.cells() {
		e.record = append(e.record, cell(v))
	}
	return e.cells.Write(e.record)
}

// cell is a value as a table holds it. A text that a spreadsheet would take for
// a formula is led by an apostrophe.
func cell(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339Nano)
	}
	s := fmt.Sprint(v)
	// Full-width signs begin a formula in some East Asian versions. Blanks
	// before any of them are looked over.
	if t := strings.TrimLeft(s, " \u00a0\u3000"); t != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠|", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

// flush sends what is written, for so long at most as the reader may take.
func (e *export) flush(c *gin.Context, patience time.Duration) error {
	rc := http.NewResponseController(c.Writer)
	if err := deadline(rc, patience); err != nil {
		return err
	}
	e.cells.Flush()
	if err := e.cells.Error(); err != nil {
		return err
	}
	if err := e.w.Flush(); err != nil {
		return err
	}
	return rc.Flush()
}

// end writes what is held back to the end.
func (e *export) end() error {
	if e.packed != nil {
		return e.packed.Close()
	}
	return nil
}
