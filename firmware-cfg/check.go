package firmwarecfg

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	nodeName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`) // also a topic's level and a certificate's CN
	tillName = regexp.MustCompile(`^[A-Z0-9]{1,8}$`)
	argon2id = regexp.MustCompile(`^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$`)
)

// checker collects what is wrong with a configuration, key by key.
type checker struct{ faults []fault }

type fault struct{ key, msg string }

func (c *checker) that(key string, ok bool, format string, args ...any) {
	if !ok {
		c.faults = append(c.faults, fault{key, fmt.Sprintf(format, args...)})
	}
}

func (c *checker) name(key, s string) {
	c.that(key, nodeName.MatchString(s), "%q is no name: use 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit", s)
}

func (c *checker) text(key, s string) {
	c.that(key, strings.TrimSpace(s) != "" && len(s) <= 200, "it is empty or longer than 200 bytes")
}

func (c *checker) path(key, s string) {
	c.that(key, filepath.IsAbs(s), "%q names no file or folder", s)
}

func (c *checker) between(key string, n, low, high int) {
	c.that(key, n >= low && n <= high, "%d is out of range: use %d to %d", n, low, high)
}

func (c *checker) listen(key, addr string) {
	err := hostPort(addr)
	c.that(key, err == nil, "%q is no address to listen at (%v): use HOST:PORT, e.g. 127.0.0.1:8080", addr, err)
}

// web checks the address that links begin with; it may be empty.
func (c *checker) web(key, s string) {
	c.that(key, s == "" || webAddress(s), "%q is no address for links: use https://HOST, without ? and #", s)
}

// webAddress reports whether s is one that nobody on the way can read, or that
// leads nowhere but to this machine.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

func hasAny(s, chars string) bool { return strings.ContainsAny(s, chars) }

func key(list string, i int, name string) string { return fmt.Sprintf("%s[%d].%s", list, i, name) }
