package edge

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// maxWithdrawals bounds how often a cart's links are withdrawn: a short link has
// seven bits for it.
const maxWithdrawals = 100

// WithdrawLinks makes every link to the cart that was handed out so far open it
// no more: a code that others saw, too. A cart that was paid can be withdrawn as
// well. Whoever holds the cart on a phone scans a new code.
func (c *Cart) WithdrawLinks() error {
	if c.Links >= maxWithdrawals {
		return Errorf("edge.Cart.WithdrawLinks", TooMany, "the links of this cart were withdrawn %d times: put its products into a new one", c.Links)
	}
	c.Links++
	return nil
}

// Admits reports whether a link of the given generation still opens the cart,
// as far as is known of it here: an error of kind Withdrawn where it does not.
func (c *Cart) Admits(links uint32) error {
	if links < c.Links {
		return Errorf("edge.Cart.Admits", Withdrawn, "this link was withdrawn in the shop: scan the code on the screen there")
	}
	return nil
}

// App is a way to take a cart along: a chat app, or the phone's browser.
type App string

// Web is the phone's browser, which every phone has.
const Web App = "web"

// LinkMode says how a link names its cart.
type LinkMode string

// The modes.
const (
	LinkSigned LinkMode = "signed" // it carries the cart: HQ need not have heard of it
	LinkShort  LinkMode = "short"  // it names the cart
	LinkCode   LinkMode = "code"   // the shopper sends the cart's code
)

// Link opens a cart on a phone.
type Link struct {
	App   App      `json:"app"` // Web where the cart is too long for the one asked for
	Mode  LinkMode `json:"mode"`
	URL   string   `json:"url"`             // what its QR code says
	Token string   `json:"token,omitempty"` // in the URL; none in LinkCode
	// Code is what to type at CodeAt, or to send to the shop's chat, where nothing
	// can be scanned: see Cart.Code.
	Code    string    `json:"code"`
	CodeAt  string    `json:"code_at"` // an address as people type it
	Expires time.Time `json:"expires"`
	// Partial says that some lines had no room and follow with the shop's events.
	Partial bool `json:"partial,omitempty"`
}

const (
	codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's base 32
	codeLength  = 10
)

// Code is a name of the cart for people to read and type: ten letters and
// digits, such as K7F39-2QXM5. It follows from the id and changes when links are
// withdrawn; HQ knows the cart by it once it has heard of the cart. Its 50 bits
// are kept from being guessed by how seldom HQ answers.
func (c *Cart) Code() string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte("mirrorcart cart code 1"), c.ID[:]...), c.Links))
	v := binary.BigEndian.Uint64(sum[:8])
	code := make([]byte, 0, codeLength+1)
	for range codeLength {
		if len(code) == codeLength/2 {
			code = append(code, '-')
		}
		code = append(code, codeLetters[v>>59])
		v <<= 5
	}
	return string(code)
}

// ParseCode reads a code as people type it: small letters, O for 0, I and L for
// 1, with or without the dash, and with other words before it, as in the message
// that a link has ready ("Gio hang K7F39-2QXM5").
func ParseCode(text string) (code string, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || len(text) > 200 {
		return "", false
	}
	if code, ok = parseCode(words[len(words)-1]); !ok && len(words) > 1 {
		code, ok = parseCode(words[len(words)-2] + words[len(words)-1])
	}
	return code, ok
}

func parseCode(word string) (code string, ok bool) {
	word = strings.NewReplacer("-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(word))
	if len(word) != codeLength || strings.Trim(word, codeLetters) != "" {
		return "", false
	}
	return word[:codeLength/2] + "-" + word[codeLength/2:], true
}
