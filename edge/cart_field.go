package edge

import (
	"cmp"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of notes and options.
const (
	MaxFields    = 64  // notes and options of a cart and its lines, taken-back ones included
	MaxFieldText = 200 // bytes of one

	maxMergedFields = 4 * MaxFields
)

// FieldName names a note or an option: 1 to 24 of a–z, 0–9 and _, beginning
// with a letter.
type FieldName string

// Note is the field of free words; every other name is an option's.
const Note FieldName = "note"

// Valid reports whether n has the form of a field's name.
func (n FieldName) Valid() bool {
	if len(n) < 1 || len(n) > 24 || n[0] < 'a' || n[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(string(n), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	})
}

// Stamp orders what different writers wrote into one field: a hybrid clock. It
// follows the wall clock, and passes whatever its writer had seen, so that who
// has read a text and writes another always has the last word.
type Stamp struct {
	// Turn counts how often a writer found the field stamped too far ahead of
	// its own clock: it then begins a new turn at its own time, instead of being
	// drawn into the future.
	Turn uint32 `json:"turn,omitempty"`
	At   int64  `json:"at"` // milliseconds since 1970
	By   Writer `json:"by"`
}

// Bounds of a stamp.
const (
	maxDrift = int64(10 * time.Minute / time.Millisecond) // that one writer's clock may impose on another's
	maxTurn  = 1 << 20
	maxAt    = 32503680000000 // the year 3000
)

func (s Stamp) compare(o Stamp) int {
	return cmp.Or(cmp.Compare(s.Turn, o.Turn), cmp.Compare(s.At, o.At), cmp.Compare(s.By, o.By))
}

// next is the stamp of what w writes at the time now over what s stamps.
func (s Stamp) next(w Writer, now int64) Stamp {
	now = min(max(now, 0), maxAt)
	switch {
	case s.At < now:
		return Stamp{s.Turn, now, w}
	case s.At-now < maxDrift:
		return Stamp{s.Turn, s.At + 1, w}
	}
	return Stamp{s.Turn + 1, now, w}
}

// Field is a note or an option as it was last written. It is for what a thing
// should be like, never for a person's name or address.
type Field struct {
	Text  string `json:"text,omitempty"` // empty where it was taken back
	Stamp Stamp  `json:"stamp"`
}

// SetField writes a note or an option of a line as writer w, whose clock says
// at; of the whole cart where line is the zero LineID. An empty text takes it
// back.
func (c *Cart) SetField(w Writer, at time.Time, line LineID, name FieldName, text string) error {
	const op = "edge.Cart.SetField"
	if err := c.open(op); err != nil {
		return err
	}
	if !name.Valid() {
		return Errorf(op, Invalid, "field name %.30q: want 1 to 24 of a-z, 0-9 and _, a letter first", name)
	}
	if text = Visible(text); !plainText(text) {
		return Errorf(op, Invalid, "%s: want at most %d bytes of plain text", name, MaxFieldText)
	}
	if n := digits(text); n > 12 {
		return Errorf(op, Invalid, "%d digits in %s may be a card number: leave them out", n, name)
	}
	fields := &c.Fields
	if line != (LineID{}) {
		l, ok := c.Line(line)
		if !ok || l.Quantity() == 0 {
			return Errorf(op, NotFound, "line %s is not in the cart", line)
		}
		fields = &l.Fields
	}
	before, known := (*fields)[name]
	switch {
	case before.Text == text:
		return nil
	case !known && c.fields() >= MaxFields:
		return Errorf(op, TooLarge, "the cart has %d notes and options, no more fit", MaxFields)
	}
	stamp := before.Stamp.next(w, at.UnixMilli())
	if stamp.Turn > maxTurn || stamp.At > maxAt {
		return Errorf(op, TooMany, "%s was changed too often", name)
	}
	if *fields == nil {
		*fields = map[FieldName]Field{}
	}
	(*fields)[name] = Field{Text: text, Stamp: stamp}
	return nil
}

// fields counts those of the cart and of its lines.
func (c *Cart) fields() int {
	n := len(c.Fields)
	for i := range c.Lines {
		n += len(c.Lines[i].Fields)
	}
	return n
}

// mergeFields is what two parties' fields come to: of each the later.
func mergeFields(a, b map[FieldName]Field) map[FieldName]Field {
	if len(b) == 0 {
		return a
	}
	if a == nil {
		return maps.Clone(b)
	}
	for name, f := range b {
		have, known := a[name]
		if !known || cmp.Or(have.Stamp.compare(f.Stamp), cmp.Compare(have.Text, f.Text)) < 0 {
			a[name] = f
		}
	}
	return a
}

func checkFields(fields map[FieldName]Field) error {
	const op = "edge.Cart.Check"
	for name, f := range fields {
		s := f.Stamp
		switch {
		case !name.Valid():
			return Errorf(op, Invalid, "field name %.30q", name)
		case !plainText(f.Text):
			return Errorf(op, Invalid, "field %s is not plain text of at most %d bytes", name, MaxFieldText)
		case !s.By.Valid() || s.Turn > maxTurn || s.At < 0 || s.At > maxAt:
			return Errorf(op, Invalid, "field %s has a stamp that is out of bounds", name)
		}
	}
	return nil
}

func digits(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

func plainText(s string) bool {
	return len(s) <= MaxFieldText && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}
