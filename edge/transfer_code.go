package edge

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
)

// A transfer's code is the purpose that a shopper's bank passes on and by which
// HQ finds out what was paid: a prefix of 2 to 4, 10 letters and digits that
// stand for shop, cart and request, and one to check them by. All of it is at
// most 15 capital letters A to Z and digits, which every bank lets through.
const (
	codeBody   = 10
	codeLetter = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: no I, L, O, U
)

// TransferCode makes the code of a request, which key names among those of a
// cart. The prefix must be one by CheckCodePrefix.
func TransferCode(prefix, shop string, cart CartID, key string) string {
	h := sha256.New()
	for _, part := range []string{"mirrorcart transfer 1", shop, cart.String(), key} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	code := prefix + base32.NewEncoding(codeLetter).EncodeToString(h.Sum(nil))[:codeBody]
	return code + string(codeCheck(code))
}

// codeCheck is the letter that ends a code.
func codeCheck(code string) byte {
	sum := sha256.Sum256([]byte("mirrorcart transfer check 1 " + code))
	return codeLetter[sum[0]%32]
}

// CheckCodePrefix refuses a prefix that a code cannot begin with.
func CheckCodePrefix(prefix string) error {
	if len(prefix) < 2 || len(prefix) > 4 || !consistsOf(prefix, isUpper, isDigit) {
		return Errorf("edge.CheckCodePrefix", Invalid, "prefix %.20q of payment codes: want 2 to 4 capital letters A to Z and digits", prefix)
	}
	return nil
}

// checkTransferCode refuses what cannot be a code.
func checkTransferCode(code string) error {
	n := len(code) - codeBody - 1
	if n < 2 || n > 4 || !consistsOf(code, isUpper, isDigit) || codeCheck(code[:len(code)-1]) != code[len(code)-1] {
		return Errorf("edge.Transfer", Invalid, "payment code %.40q is none of ours: copy it again", code)
	}
	return nil
}

const maxCodes = 4 // looked for in one text

// FindTransferCodes finds the codes that begin with prefix in what a bank says
// of a transfer. Banks put words before and after a code, break it up and change
// its case, and people who type it write O for 0, and I or L for 1.
func FindTransferCodes(prefix, text string) (codes []string) {
	if len(text) > 1000 {
		text = text[:1000]
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
	n := len(prefix) + codeBody + 1
	for i := 0; i+n <= len(plain) && len(codes) < maxCodes; i++ {
		if plain[i:i+len(prefix)] != prefix {
			continue
		}
		code := prefix + strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(plain[i+len(prefix):i+n])
		if checkTransferCode(code) == nil && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}
