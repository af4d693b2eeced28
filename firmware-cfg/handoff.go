package firmwarecfg

import "strings"

// Handoff is what shoppers can take a cart along with.
type Handoff struct {
	Apps []App `yaml:"apps"` // in the order they are offered
}

// App is a chat app that the merchant is in.
type App struct {
	App     string `yaml:"app"`
	ID      string `yaml:"id"`      // the merchant's name there
	Link    string `yaml:"link"`    // how a link looks; empty for what is usual
	Longest int    `yaml:"longest"` // characters of a link; 0 for what is usual
}

func (h Handoff) check(c *checker, hq Line) {
	seen := map[string]bool{}
	for i, a := range h.Apps {
		c.that(key("handoff.apps", i, "app"), a.App != "" && !seen[a.App], "%q is empty or there twice", a.App)
		seen[a.App] = true
		for name, s := range map[string]string{"id": a.ID, "link": a.Link} {
			c.that(key("handoff.apps", i, name), len(s) <= 500 && !hasAny(s, " \t\n\"<>"), "%.80q is too long or has blanks or quotes in it", s)
		}
		c.that(key("handoff.apps", i, "longest"), a.Longest >= 0 && a.Longest <= 4096, "%d is out of range: use 0 to 4096", a.Longest)
		short := strings.Contains(a.Link, "{short}") || a.Link == "" && (a.App == "telegram" || a.App == "wechat-scene")
		c.that(key("handoff.apps", i, "app"), !short || hq.Key != "", "%s takes a short link, which needs headquarters' key: set hq.key", a.App)
	}
	c.that("handoff.apps", len(h.Apps) == 0 || hq.PublicURL != "", "carts cannot leave this shop: set hq.public_url")
}
