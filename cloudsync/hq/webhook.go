package hq

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Webhook is an address that is told of events.
type Webhook struct {
	Name   string   // for the log, and by which its place is kept
	URL    string   // https, or http on this machine
	Secret []byte   // at least 16 bytes; signs what is sent
	Events []string // types of event; empty means all
}

// Headers of a delivery.
const (
	// SignatureHeader holds "t=SECONDS,v1=HEX": the time of sending since 1970,
	// and HMAC-SHA256 with the secret over "SECONDS.BODY".
	SignatureHeader = "Mirrorcart-Signature"
	// DeliveryHeader names the delivery: the same one, sent again because no
	// answer came, has the same name.
	DeliveryHeader = "Mirrorcart-Delivery"
)

const minSecret = 16 // bytes

func (w *Webhook) check() error {
	const op = "hq.Webhook"
	if w.Name == "" || !database.Storable(w.Name) {
		return edge.Errorf(op, edge.Invalid, "a webhook has no name: give it one, by which its place is kept")
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return edge.Errorf(op, edge.Invalid, "webhook %s: its address must begin with https:// (http:// on this machine only)", w.Name)
	}
	if len(w.Secret) < minSecret {
		return edge.Errorf(op, edge.Invalid, "webhook %s: its secret has %d bytes, want %d or more", w.Name, len(w.Secret), minSecret)
	}
	return nil
}

// loopback reports whether host is this machine; 127.0.0.1.example.com is not.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (w *Webhook) wants(typ string) bool {
	for _, t := range w.Events {
		if t == typ {
			return true
		}
	}
	return len(w.Events) == 0
}

// Sign is the value of SignatureHeader for a body sent at a time.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(secret, t, body))
}

func mac(secret []byte, t string, body []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(t + "."))
	m.Write(body)
	return m.Sum(nil)
}

// Delivery is the body of a webhook's request, as JSON.
type Delivery struct {
	Events []Record `json:"events"` // oldest first
}

// encode leaves the events' data as it came, byte for byte.
func (d *Delivery) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(d)
	return b.Bytes(), err
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	Webhook     string
	First, Last int64  // cursors
	Error       string // of the last try
	Body        []byte
	At          time.Time
}

func deliveryName(first, last int64) string { return fmt.Sprintf("%d-%d", first, last) }
