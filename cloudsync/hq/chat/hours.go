package chat

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Hours are when a shop is open, by the day of the week.
type Hours [7]struct{ From, To int } // minutes after midnight by the shop's clock; To 0: closed

var hoursLine = regexp.MustCompile(`^([a-z]{3})(?:-([a-z]{3}))? ([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])$`)

// ParseHours reads lines as "mon-fri 09:00-21:30" and "sun 10:00-24:00". A day
// that no line names is one on which the shop is closed.
func ParseHours(lines []string) (h Hours, err error) {
	const op = "chat.ParseHours"
	days := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	for _, l := range lines {
		m := hoursLine.FindStringSubmatch(l)
		if m == nil {
			return h, edge.Errorf(op, edge.Invalid, "%.40q: write e.g. mon-fri 09:00-21:30, or sun 10:00-18:00", l)
		}
		first, last := slices.Index(days, m[1]), slices.Index(days, m[1])
		if m[2] != "" {
			last = slices.Index(days, m[2])
		}
		from, to := minutes(m[3], m[4]), minutes(m[5], m[6])
		if first < 0 || last < 0 || to <= from || to > 24*60 {
			return h, edge.Errorf(op, edge.Invalid, "%.40q: days are sun, mon, tue, wed, thu, fri, sat, and a shop closes after it opens, at 24:00 at the latest", l)
		}
		for d := first; ; d = (d + 1) % 7 {
			if h[d].To > 0 {
				return h, edge.Errorf(op, edge.Invalid, "%s is there twice", days[d])
			}
			h[d].From, h[d].To = from, to
			if d == last {
				break
			}
		}
	}
	return h, nil
}

func minutes(hour, minute string) int {
	h, _ := strconv.Atoi(hour) // digits
	m, _ := strconv.Atoi(minute)
	return 60*h + m
}

func clockTime(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// known reports whether anything is known of when the shop is open.
func (h Hours) known() bool { return h != Hours{} }

// in says when the shop is open, in a language, and whether it is at a time of
// its own clock.
func (h Hours) in(w words, at time.Time) string {
	var b strings.Builder
	today := h[at.Weekday()]
	now := 60*at.Hour() + at.Minute()
	switch {
	case today.To == 0:
		b.WriteString(w.ClosedToday)
	case now >= today.From && now < today.To:
		fmt.Fprintf(&b, w.OpenNow, clockTime(today.To))
	default:
		fmt.Fprintf(&b, w.OpenToday, clockTime(today.From), clockTime(today.To))
	}
	for first := 1; first <= 7; {
		last := first
		for last < 7 && h[(last+1)%7] == h[first%7] {
			last++
		}
		name := w.Days[first%7]
		if last > first {
			name += "–" + w.Days[last%7]
		}
		open := w.Closed
		if d := h[first%7]; d.To > 0 {
			open = clockTime(d.From) + "–" + clockTime(d.To)
		}
		b.WriteString("\n" + name + ": " + open)
		first = last + 1
	}
	return b.String()
}
