// Package bank is where banks tell headquarters of money that came in: the
// callbacks of VietQR.vn, SePay and Casso. What they tell is matched with the
// transfers that shops and phones asked for.
package bank

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Headquarters is what the feeds need of HQ.
type Headquarters interface {
	TakeCredit(ctx context.Context, c hq.Credit, codes []string) (*hq.Credit, error)
}

// Options say who may tell. A feed whose secret is empty is closed.
type Options struct {
	HQ             Headquarters
	Prefix         string         // of codes, see edge.CheckCodePrefix
	Zone           *time.Location // of times without one
	VietQRUser     string
	VietQRPassword string
	SePayKey       string
	Casso          Casso
	Now            func() time.Time
	Log            *slog.Logger
}

// Casso is how Casso shows that it is Casso.
type Casso struct {
	Key             string
	TokenHeader     string // that has the key itself
	SignatureHeader string // that has a signature with it
	SignatureHash   string // sha256 or sha512
}

// Feeds answers banks.
type Feeds struct{ Options }

// New checks the options.
func New(o Options) (*Feeds, error) {
	const op = "bank.New"
	if o.HQ == nil || o.Zone == nil || o.Now == nil || o.Log == nil {
		return nil, edge.Errorf(op, edge.Invalid, "HQ, zone, clock and log are all needed")
	}
	if (o.VietQRUser == "") != (o.VietQRPassword == "") {
		return nil, edge.Errorf(op, edge.Invalid, "VietQR's user and password go together")
	}
	if o.Casso.Key != "" && (o.Casso.TokenHeader == "" || o.Casso.SignatureHeader == "" || o.Casso.SignatureHash != "sha256" && o.Casso.SignatureHash != "sha512") {
		return nil, edge.Errorf(op, edge.Invalid, "Casso needs the names of its headers, and sha256 or sha512")
	}
	return &Feeds{o}, edge.CheckCodePrefix(o.Prefix)
}

// Register adds the routes of the feeds that are open.
func (f *Feeds) Register(r gin.IRouter) {
	b := r.Group("/bank")
	if f.VietQRUser != "" {
		b.POST("/vietqr/api/token_generate", f.vietQRToken)
		b.POST("/vietqr/bank/api/transaction-sync", f.vietQRSync)
	}
	if f.SePayKey != "" {
		b.POST("/sepay", f.sePay)
	}
	if f.Casso.Key != "" {
		b.POST("/casso", f.casso)
	}
}

const (
	maxBody  = 64 << 10 // bytes
	maxMoney = 100      // credits of one call
)

// told is money as a feed tells of it.
type told struct {
	reference, account, content string
	amount                      int64
	at                          time.Time
}

// take hands over what a feed told, all of it or, where one fails, as far as it
// came: the feed tells everything again then.
func (f *Feeds) take(ctx context.Context, feed string, list []told) (last string, err error) {
	for _, t := range list {
		c, err := f.HQ.TakeCredit(ctx, hq.Credit{
			Feed: feed, Reference: t.reference, Account: t.account, Content: t.content, At: t.at,
			Amount: edge.Money{Amount: t.amount, Currency: "VND"}, // all three are of Vietnam
		}, edge.FindTransferCodes(f.Prefix, t.content))
		if err != nil {
			return last, err
		}
		last = c.ID
		f.Log.InfoContext(ctx, "money came in", "feed", feed, "credit", c.ID, "state", c.State, "code", c.Code)
	}
	return last, nil
}

// read reads a call's body as JSON.
func read(c *gin.Context, v any) ([]byte, error) {
	const op = "bank.read"
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, edge.Errorf(op, edge.TooLarge, "the body is over %d bytes", maxBody)
	}
	if err != nil {
		return nil, edge.Errorf(op, edge.Invalid, "the body ended early")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return nil, edge.Errorf(op, edge.Invalid, "the body is not the JSON that was agreed on: %.100s", err.Error())
	}
	return body, nil
}

// same compares secrets in a time that tells nothing of them.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// fail is the status and the words for an error. What went wrong inside is
// logged and not told; the feed tries again.
func (f *Feeds) fail(c *gin.Context, err error) (status int, msg string) {
	if e, ok := errors.AsType[*edge.Error](err); ok {
		switch e.Kind {
		case edge.Invalid:
			return http.StatusBadRequest, e.Msg
		case edge.TooLarge:
			return http.StatusRequestEntityTooLarge, e.Msg
		case edge.Unauthorized:
			f.Log.WarnContext(c.Request.Context(), "somebody who is no bank told of money", "route", c.FullPath())
			return http.StatusUnauthorized, e.Msg
		}
	}
	f.Log.ErrorContext(c.Request.Context(), "money that came in could not be recorded, the bank will tell again", "route", c.FullPath(), "error", err)
	return http.StatusInternalServerError, "this cannot be recorded right now: send it again"
}

var errStranger = edge.Errorf("bank", edge.Unauthorized, "the key is missing or wrong")

// wall reads a time as banks write it, without a zone.
func (f *Feeds) wall(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "02/01/2006 15:04:05"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), f.Zone); err == nil {
			return t
		}
	}
	return time.Time{} // HQ takes its own
}
