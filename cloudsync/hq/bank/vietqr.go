package bank

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// VietQR.vn's Transaction Sync (api.vietqr.vn): it signs in with user and
// password, gets a bearer token from us, and calls with that.

const tokenLife = 5 * time.Minute

// token is a bearer token until a time: the time and an HMAC over it, so that
// every collector knows it.
func (f *Feeds) token(until time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	m := hmac.New(sha256.New, []byte(f.VietQRPassword))
	m.Write([]byte("mirrorcart vietqr token 1\x00" + f.VietQRUser + "\x00"))
	m.Write(b)
	return base64.RawURLEncoding.EncodeToString(m.Sum(b))
}

func (f *Feeds) goodToken(s string) bool {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 8+sha256.Size {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	return same(s, f.token(until)) && f.Now().Before(until)
}

func (f *Feeds) vietQRToken(c *gin.Context) {
	user, password, ok := c.Request.BasicAuth()
	goodUser, goodPassword := same(user, f.VietQRUser), same(password, f.VietQRPassword)
	if !ok || !goodUser || !goodPassword {
		status, msg := f.fail(c, errStranger)
		c.JSON(status, gin.H{"status": "FAILED", "message": msg})
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"access_token": f.token(f.Now().Add(tokenLife)), "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()),
	})
}

// vietQRTransaction is the body of a call. It comes in two spellings, bankaccount
// and bankAccount; JSON's names are read without regard to case.
type vietQRTransaction struct {
	BankAccount     string
	Amount          json.Number
	TransType       string // C credit, D debit
	Content         string
	TransactionID   string
	TransactionTime json.RawMessage // milliseconds or seconds since 1970, or a date
	ReferenceNumber string
	OrderID         string
}

// told is the money; nothing where it left.
func (t *vietQRTransaction) told(f *Feeds) (list []told, err error) {
	if !strings.EqualFold(t.TransType, "C") {
		return nil, nil
	}
	amount, err := t.Amount.Int64()
	if err != nil {
		return nil, badAmount(t.Amount)
	}
	reference := t.ReferenceNumber
	if reference == "" {
		reference = t.TransactionID
	}
	return []told{{reference, t.BankAccount, t.Content + " " + t.OrderID, amount, f.stamp(strings.Trim(string(t.TransactionTime), `"`))}}, nil
}

// stamp reads a time that may be counted from 1970.
func (f *Feeds) stamp(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		return f.wall(s)
	case n > 1e11:
		return time.UnixMilli(n)
	default:
		return time.Unix(n, 0)
	}
}

func (f *Feeds) vietQRSync(c *gin.Context) {
	var in vietQRTransaction
	var list []told
	var last string
	err := error(errStranger)
	if token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer "); ok && f.goodToken(token) {
		_, err = read(c, &in)
	}
	if err == nil {
		list, err = in.told(f)
	}
	if err == nil {
		last, err = f.take(c.Request.Context(), "vietqr", list)
	}
	if err != nil {
		status, msg := f.fail(c, err)
		c.JSON(status, gin.H{"error": true, "errorReason": strconv.Itoa(status), "toastMessage": msg, "object": nil})
		return
	}
	c.JSON(http.StatusOK, gin.H{"error": false, "errorReason": "000", "toastMessage": "", "object": gin.H{"reftransactionid": last}})
}
