package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what HQ sends to a shop.
const (
	MaxRecordData = 16 << 10 // bytes
	MaxStaff      = 32       // people of one shop; each costs one hash a sign-in
	MaxShopStock  = 100_000  // SKUs of one shop
	maxName       = 64       // bytes of a person's or a shop's name, an id or a state
	maxPlace      = 200      // bytes of a shop's name for people, or of its address
	maxFigure     = 1 << 40  // pieces
)

// Delivery is what one message of HQ brings to a shop. Outbox.Apply stores all
// of it in one transaction.
type Delivery struct {
	Carts    []*Cart
	Releases []*SignedRelease // verified by whoever took the message in
	Stock    []ShopStock
	Records  []Record
	Staff    *Directory // nil where the message has none
	Persons  []PersonAsk
}

// Place is how people call a shop and where it is, as far as HQ says so.
type Place struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

// Check refuses what would not go on a line of a screen. Its error is Invalid.
func (p Place) Check() error {
	for _, s := range []string{p.Name, p.Address} {
		if len(s) > maxPlace || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return Errorf("edge.Place.Check", Invalid, "a shop's name or address %.80q: want one line of at most %d bytes", s, maxPlace)
		}
	}
	return nil
}

// ShopStock is what HQ knows of a shop's stock. It stands for the whole shop, so
// that a SKU it does not name has none, unless it is an Update.
type ShopStock struct {
	Shop string `json:"shop"`
	Place
	AsOf   time.Time     `json:"as_of"`            // when HQ last heard of the shop, by HQ's clock
	Update bool          `json:"update,omitempty"` // a SKU that is not named is as it was
	Levels map[SKU]int64 `json:"levels"`
}

// Check refuses what cannot be a shop's stock.
func (s *ShopStock) Check() error {
	const op = "edge.ShopStock.Check"
	if !plain(s.Shop) || s.AsOf.IsZero() {
		return Errorf(op, Invalid, "stock without a shop or a time")
	}
	if len(s.Levels) > MaxShopStock {
		return Errorf(op, TooLarge, "%d SKUs of shop %s, at most %d", len(s.Levels), s.Shop, MaxShopStock)
	}
	if err := s.Place.Check(); err != nil {
		return fmt.Errorf("%s: shop %s: %w", op, s.Shop, err)
	}
	for sku, n := range s.Levels {
		if sku == "" || len(sku) > maxName || !utf8.ValidString(string(sku)) || n > maxFigure || n < -maxFigure {
			return Errorf(op, Invalid, "stock of shop %s: %d pieces of %.40q", s.Shop, n, sku)
		}
	}
	return nil
}

// ShopLevel is what one shop has of a SKU by HQ's figures.
type ShopLevel struct {
	Shop string `json:"shop"`
	Place
	Quantity int64     `json:"quantity"`
	AsOf     time.Time `json:"as_of"`
}

// RecordKind is what a Record is about.
type RecordKind string

// The kinds of record.
const (
	RecordOrder   RecordKind = "order"
	RecordPayment RecordKind = "payment"
	RecordPhoto   RecordKind = "photo" // SealedPhoto.ID; PhotoDeleted is its only state
	RecordVote    RecordKind = "vote"  // a cart's id; its data is a VoteResult
	RecordSale    RecordKind = "sale"  // a payment's id; its data is a PhoneSale; Office does not keep it
)

// PhotoDeleted is the state of a photo that its shopper deleted on the phone.
const PhotoDeleted = "deleted"

// Record is how something stands that HQ decides about: an order, a payment
// that was not made at the till, what friends vote. The newest message of HQ is
// right.
type Record struct {
	Kind  RecordKind      `json:"kind"`
	ID    string          `json:"id"`
	State string          `json:"state"` // a word of a-z and _
	At    time.Time       `json:"at"`    // since when, by HQ's clock
	Data  json.RawMessage `json:"data,omitempty"`
}

// Check refuses what cannot be a record.
func (r *Record) Check() error {
	const op = "edge.Record.Check"
	switch {
	case !slices.Contains([]RecordKind{RecordOrder, RecordPayment, RecordPhoto, RecordVote, RecordSale}, r.Kind):
		return Errorf(op, Invalid, "record of kind %.20q", r.Kind)
	case !plain(r.ID):
		return Errorf(op, Invalid, "%s with the id %.80q: want 1 to %d characters", r.Kind, r.ID, maxName)
	case r.State == "" || len(r.State) > maxName || !consistsOf(r.State, isLower, func(c byte) bool { return c == '_' }):
		return Errorf(op, Invalid, "%s %s in the state %.80q: want a word of a-z and _", r.Kind, r.ID, r.State)
	case r.At.IsZero():
		return Errorf(op, Invalid, "%s %s without a time", r.Kind, r.ID)
	case len(r.Data) > MaxRecordData:
		return Errorf(op, TooLarge, "%s %s with %d bytes of data, at most %d", r.Kind, r.ID, len(r.Data), MaxRecordData)
	case len(r.Data) > 0 && (r.Data[0] != '{' || !json.Valid(r.Data) || bytes.IndexByte(r.Data, 0) >= 0):
		return Errorf(op, Invalid, "%s %s with data that is no JSON object", r.Kind, r.ID)
	}
	return nil
}

// Roles of staff.
const (
	RoleClerk   = "clerk"
	RoleManager = "manager" // a clerk who may also override
)

// Member is someone who may sell in a shop.
type Member struct {
	Name   string `json:"name"` // signs receipts; unique in a shop
	Role   string `json:"role"` // RoleClerk or RoleManager
	PIN    string `json:"pin"`  // argon2id hash in PHC format
	Active bool   `json:"active"`
}

// Directory is everybody that HQ lets sell in a shop.
type Directory struct {
	Members []Member `json:"members"`
}

var pinHash = regexp.MustCompile(`^\$argon2id\$v=19\$m=[0-9]{4,6},t=[0-9]{1,2},p=[0-9]\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$`)

// Check refuses what cannot be a directory.
func (d *Directory) Check() error {
	const op = "edge.Directory.Check"
	if len(d.Members) > MaxStaff {
		return Errorf(op, TooLarge, "%d members of staff, at most %d", len(d.Members), MaxStaff)
	}
	names := map[string]bool{}
	for i, m := range d.Members {
		switch {
		case !plain(m.Name) || names[m.Name]:
			return Errorf(op, Invalid, "member %d: want a name of 1 to %d bytes that nobody else has", i+1, maxName)
		case m.Role != RoleClerk && m.Role != RoleManager:
			return Errorf(op, Invalid, "member %d: role %.20q: want %s or %s", i+1, m.Role, RoleClerk, RoleManager)
		case !pinHash.MatchString(m.PIN):
			return Errorf(op, Invalid, "member %d: the PIN is no argon2id hash: make one with `edge pin`", i+1)
		}
		names[m.Name] = true
	}
	return nil
}

// plain reports whether s can be a name or an id: short, and nothing that a
// log, a database or a screen would trip over.
func plain(s string) bool {
	if s == "" || len(s) > maxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// Office is what HQ has told the shop. All of it comes by Outbox.Apply.
type Office interface {
	// StockElsewhere is what each shop had of a SKU when HQ last said so, this
	// shop too, in the order of their names.
	StockElsewhere(ctx context.Context, sku SKU) ([]ShopLevel, error)
	// Places are the names and addresses of the shops, by their ids, that HQ has
	// told of with their stock.
	Places(ctx context.Context) (map[string]Place, error)
	// Record finds a record; NotFound where HQ has sent none.
	Record(ctx context.Context, kind RecordKind, id string) (*Record, error)
	// Records lists the records that HQ changed last, newest first, at most limit.
	Records(ctx context.Context, kind RecordKind, limit int) ([]Record, error)
	// Staff is the directory that HQ sent last; empty before the first.
	Staff(ctx context.Context) (*Directory, error)
}
