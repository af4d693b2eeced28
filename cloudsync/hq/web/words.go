package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// glossary are the pages' texts by their names: Vietnamese, English, Chinese.
type glossary map[string][3]string

func readGlossary() (g glossary, err error) {
	b, err := files.ReadFile("words.json")
	if err != nil {
		return nil, err
	}
	return g, json.Unmarshal(b, &g)
}

// words are the texts in one language.
type words struct {
	lang string
	all  glossary
}

// T is a text of the glossary, filled in.
func (w words) T(name string, args ...any) string {
	t, ok := w.all[name]
	if !ok {
		return name // a test holds every name against the glossary
	}
	text := edge.Text{VI: t[0], EN: t[1], ZH: t[2]}.In(w.lang)
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// known is a text that goes by what a shop or HQ calls a thing; name itself
// where the glossary has none.
func (w words) known(prefix, name string) string {
	if t := w.T(prefix + name); t != prefix+name {
		return t
	}
	return name
}

func (w words) summary(shops, troubled int) string {
	switch {
	case shops == 0:
		return w.T("no_shops")
	case troubled == 0 && shops == 1:
		return w.T("one_good")
	case troubled == 0:
		return w.T("all_good", shops)
	}
	return w.T("some_look", troubled, shops)
}

func (w words) age(d time.Duration) string {
	if d < time.Minute {
		return w.T("just_now")
	}
	return w.T("ago", w.span(d))
}

// span is a length of time in its largest unit.
func (w words) span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return w.T("seconds", int(d.Seconds()))
	case d < time.Hour:
		return w.T("minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return w.T("hours", int(d.Hours()))
	}
	return w.T("days", int(d.Hours())/24)
}

// sales is a number of sales.
func (w words) sales(n int64) string {
	if n == 1 {
		return w.T("one_sale")
	}
	return w.T("count_sales", n)
}

// number is a whole number with its thousands apart.
func (w words) number(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if w.lang == "vi" {
		return strings.ReplaceAll(s, ",", ".")
	}
	return s
}

// bytes is an amount of storage.
func (w words) bytes(n int64) string {
	s := fmt.Sprintf("%.1f GB", float64(n)/1e9)
	if w.lang == "vi" {
		return strings.ReplaceAll(s, ".", ",")
	}
	return s
}

func (w words) methods(paid edge.Payments) string {
	var names []string
	for _, p := range paid {
		if name := w.method(p.Method); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " + ")
}

// Role is what a role is called.
func (w words) Role(r account.Role) string { return w.known("r_", string(r)) }

// RoleMeans is what somebody of a role may do.
func (w words) RoleMeans(r account.Role) string { return w.known("r_", string(r)+"_may") }

// Position is what somebody's role in a shop is called.
func (w words) Position(role string) string { return w.known("staff_", role) }

func (w words) method(m edge.Method) string {
	switch m {
	case edge.Cash:
		return w.T("cash")
	case edge.Card:
		return w.T("card")
	case edge.BankTransfer:
		return w.T("transfer")
	case edge.ByPhone:
		return w.T("phone")
	}
	return string(m)
}
