package bank

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

func badAmount(n json.Number) error {
	return edge.Errorf("bank", edge.Invalid, "amount %.30q: want whole dong", n)
}

// sePay is SePay's webhook with an API key (developer.sepay.vn).
func (f *Feeds) sePay(c *gin.Context) {
	var in struct {
		ID              json.Number
		TransactionDate string
		AccountNumber   string
		Code            string
		Content         string
		Description     string
		TransferType    string // in, out
		TransferAmount  json.Number
		ReferenceCode   string
	}
	var list []told
	err := error(errStranger)
	if key, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Apikey "); ok && same(key, f.SePayKey) {
		_, err = read(c, &in)
	}
	if err == nil && strings.EqualFold(in.TransferType, "in") {
		amount, amountErr := in.TransferAmount.Int64()
		reference := in.ReferenceCode
		if reference == "" {
			reference = "sepay " + in.ID.String()
		}
		list = []told{{reference, in.AccountNumber, in.Content + " " + in.Code + " " + in.Description, amount, f.wall(in.TransactionDate)}}
		if amountErr != nil {
			err = badAmount(in.TransferAmount)
		}
	}
	if err == nil {
		_, err = f.take(c.Request.Context(), "sepay", list)
	}
	if err != nil {
		status, msg := f.fail(c, err)
		c.JSON(status, gin.H{"success": false, "message": msg})
		return
	}
	c.JSON(http.StatusOK, gin.H{"success": true})
}

// cassoTransaction is one of what Casso tells, in the names of its first and its
// second version.
type cassoTransaction struct {
	ID                  json.Number
	TID                 string // the bank's reference, first version
	Reference           string // the same, second version
	Description         string
	Amount              json.Number // below 0 where it left
	When                string
	TransactionDateTime string
	BankSubAccID        string `json:"bank_sub_acc_id"`
	AccountNumber       string
}

// casso is Casso's webhook: of the first version with a secure token and a list,
// of the second with a signature and one transaction.
func (f *Feeds) casso(c *gin.Context) {
	var in struct {
		Error json.Number
		Data  json.RawMessage
	}
	body, err := read(c, &in)
	if err == nil && !same(c.GetHeader(f.Casso.TokenHeader), f.Casso.Key) && !f.cassoSigned(c.GetHeader(f.Casso.SignatureHeader), body) {
		err = errStranger
	}
	var list []told
	if err == nil {
		list, err = f.cassoTold(in.Data)
	}
	if err == nil {
		_, err = f.take(c.Request.Context(), "casso", list)
	}
	if err != nil {
		status, msg := f.fail(c, err)
		c.JSON(status, gin.H{"success": false, "message": msg})
		return
	}
	c.JSON(http.StatusOK, gin.H{"success": true})
}

func (f *Feeds) cassoTold(data json.RawMessage) (list []told, err error) {
	const op = "bank.casso"
	var all []cassoTransaction
	if bytes.HasPrefix(data, []byte("{")) {
		all = make([]cassoTransaction, 1)
		err = json.Unmarshal(data, &all[0])
	} else {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		return nil, edge.Errorf(op, edge.Invalid, "data is neither a transaction nor a list of them")
	}
	if len(all) > maxMoney {
		return nil, edge.Errorf(op, edge.TooLarge, "%d transactions in one call, at most %d are taken", len(all), maxMoney)
	}
	for _, t := range all {
		amount, err := t.Amount.Int64()
		if err != nil {
			return nil, badAmount(t.Amount)
		}
		if amount <= 0 {
			continue
		}
		out := told{t.TID + t.Reference, t.AccountNumber, t.Description, amount, f.wall(t.When + t.TransactionDateTime)}
		if out.account == "" {
			out.account = t.BankSubAccID
		}
		if out.reference == "" {
			out.reference = "casso " + t.ID.String()
		}
		list = append(list, out)
	}
	return list, nil
}

// signatureLife is how old a signature may be.
const signatureLife = 5 * time.Minute

// cassoSigned checks t=…,v1=…: an HMAC in hex over the time in milliseconds, a
// point, and the body with its keys in order.
func (f *Feeds) cassoSigned(header string, body []byte) bool {
	var at, sum string
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			at = value
		case "v1":
			sum = value
		}
	}
	n, err := strconv.ParseInt(at, 10, 64)
	if age := f.Now().Sub(time.UnixMilli(n)); err != nil || age > signatureLife || age < -signatureLife {
		return false
	}
	sorted, err := sortKeys(body)
	if err != nil {
		return false
	}
	hash := sha512.New
	if f.Casso.SignatureHash == "sha256" {
		hash = sha256.New
	}
	m := hmac.New(hash, []byte(f.Casso.Key))
	m.Write([]byte(at + "." + string(sorted)))
	return same(strings.ToLower(sum), hex.EncodeToString(m.Sum(nil)))
}

// sortKeys writes JSON as JavaScript does once the keys of every object are in
// order.
func sortKeys(body []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
