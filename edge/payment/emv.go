package payment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Field is a data object of a merchant-presented code: an id of two digits and
// a value, which is itself a run of fields in templates. The format is EMVCo's
// "QR Code Specification for Payment Systems, Merchant-Presented Mode".
type Field struct{ ID, Value string }

// Ids that stand for the same in every scheme.
const (
	idFormat     = "00"
	idInitiation = "01"
	idCurrency   = "53"
	idAmount     = "54"
	idCountry    = "58"
	idName       = "59"
	idCity       = "60"
	idMore       = "62" // additional data
	idCRC        = "63"

	idBill    = "01" // in idMore
	idPurpose = "08"

	initiationStatic  = "11"
	initiationDynamic = "12"
	formatVersion     = "01"
)

const (
	maxCode  = 512 // characters, as many as EMVCo lets a code have
	maxValue = 99  // characters
	crcField = idCRC + "04"
)

// Encode writes the fields of a whole code, the format first, and ends it with
// its checksum.
func Encode(fields []Field) (string, error) {
	const op = "payment.Encode"
	if len(fields) == 0 || fields[0] != (Field{idFormat, formatVersion}) {
		return "", edge.Errorf(op, edge.Invalid, "the first field of a payment code is its format, %s %s", idFormat, formatVersion)
	}
	body, err := join(fields)
	if err != nil {
		return "", err
	}
	body += crcField
	code := body + fmt.Sprintf("%04X", checksum(body))
	if len(code) > maxCode {
		return "", edge.Errorf(op, edge.TooLarge, "the payment code is %d characters long, at most %d are read", len(code), maxCode)
	}
	return code, nil
}

// join writes fields one after the other.
func join(fields []Field) (string, error) {
	var b strings.Builder
	seen := map[string]bool{idCRC: true} // that one is Encode's
	for _, f := range fields {
		if err := f.check(); err != nil {
			return "", err
		}
		if seen[f.ID] {
			return "", edge.Errorf("payment.Encode", edge.Invalid, "field %s of a payment code stands twice, or out of its place", f.ID)
		}
		seen[f.ID] = true
		fmt.Fprintf(&b, "%s%02d%s", f.ID, len(f.Value), f.Value)
	}
	return b.String(), nil
}

// template joins fields into the value of another one. Ids mean something else
// in each template, so 63 may stand there.
func template(id string, fields ...Field) (Field, error) {
	value, err := join(fields)
	return Field{id, value}, err
}

func (f Field) check() error {
	const op = "payment.Field"
	if len(f.ID) != 2 || !digits(f.ID) {
		return edge.Errorf(op, edge.Invalid, "field id %.10q of a payment code: want two digits", f.ID)
	}
	if f.Value == "" || len(f.Value) > maxValue {
		return edge.Errorf(op, edge.Invalid, "field %s of a payment code has %d characters: want 1 to %d", f.ID, len(f.Value), maxValue)
	}
	for _, c := range []byte(f.Value) {
		if c < ' ' || c > '~' {
			return edge.Errorf(op, edge.Invalid, "field %s of a payment code, %.40q: want letters without marks, digits and plain signs", f.ID, f.Value)
		}
	}
	return nil
}

// Decode reads a whole code and checks its checksum, which it leaves out. What
// it takes, Encode writes the same, but that the checksum may be in small
// letters.
func Decode(code string) ([]Field, error) {
	const op = "payment.Decode"
	if len(code) > maxCode {
		return nil, edge.Errorf(op, edge.TooLarge, "the payment code is %d characters long, at most %d are read", len(code), maxCode)
	}
	body := len(code) - 4
	if body < len(crcField) || !strings.HasSuffix(code[:body], crcField) {
		return nil, edge.Errorf(op, edge.Invalid, "a payment code ends with %s and its checksum", crcField)
	}
	sum, err := strconv.ParseUint(code[body:], 16, 16)
	if want := checksum(code[:body]); err != nil || uint16(sum) != want {
		return nil, edge.Errorf(op, edge.Invalid, "the payment code's checksum is %q, its text comes to %04X: it was changed or read wrongly", code[body:], want)
	}
	fields, err := Split(code[:body-len(crcField)])
	if err != nil {
		return nil, err
	}
	if fields[0] != (Field{idFormat, formatVersion}) {
		return nil, edge.Errorf(op, edge.Invalid, "the first field of a payment code is its format, %s %s", idFormat, formatVersion)
	}
	for _, f := range fields {
		if f.ID == idCRC {
			return nil, edge.Errorf(op, edge.Invalid, "the payment code has two checksums")
		}
	}
	return fields, nil
}

// Split reads a run of fields: a code without its checksum, or a template.
func Split(s string) ([]Field, error) {
	const op = "payment.Split"
	if s == "" {
		return nil, edge.Errorf(op, edge.Invalid, "the payment code has no fields")
	}
	var fields []Field
	seen := map[string]bool{}
	for at := 0; at < len(s); {
		rest := s[at:]
		if len(rest) < 4 || !digits(rest[:4]) {
			return nil, edge.Errorf(op, edge.Invalid, "no field of a payment code begins at %d: want two digits of its id and two of its length", at)
		}
		n, _ := strconv.Atoi(rest[2:4]) // digits
		if len(rest) < 4+n {
			return nil, edge.Errorf(op, edge.Invalid, "field %s of a payment code is %d characters long, and %d are there", rest[:2], n, len(rest)-4)
		}
		f := Field{rest[:2], rest[4 : 4+n]}
		if err := f.check(); err != nil {
			return nil, err
		}
		if seen[f.ID] {
			return nil, edge.Errorf(op, edge.Invalid, "field %s of a payment code stands twice", f.ID)
		}
		seen[f.ID] = true
		fields = append(fields, f)
		at += 4 + n
	}
	return fields, nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// checksum is CRC-16/CCITT-FALSE: polynomial 0x1021 from 0xFFFF, nothing
// reflected, over the code as far as the checksum's own id and length.
func checksum(s string) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range []byte(s) {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
