package api

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Accounts is what the API needs of those who may use it, and of what they did.
type Accounts interface {
	FindKey(ctx context.Context, text string) (*account.Key, error)
	Acts(ctx context.Context, before int64, limit int) ([]account.Act, error)
	Begin(ctx context.Context, a account.Act) (n int64, err error)
	End(ctx context.Context, n int64, s account.ActState) error
}

// tokenName and tokenRole are where a request keeps the name and the role of its
// token or key.
const (
	tokenName = "token"
	tokenRole = "role"
)

// may reports whether who asks may do something.
func may(c *gin.Context, want account.Right) bool {
	role, _ := c.Get(tokenRole)
	r, _ := role.(account.Role)
	return r.May(want)
}

// authorize wants a token or a key that may do what the route does, in the shop
// that it does it in. Its error is an edge.Error: Unauthorized, Forbidden or
// TooMany.
func (a *API) authorize(c *gin.Context, r route) error {
	const op = "api.authorize"
	k, err := a.key(c.Request.Context(), c.GetHeader("Authorization"))
	if edge.KindOf(err) == edge.NotFound {
		host, _, err := net.SplitHostPort(c.Request.RemoteAddr)
		if err != nil {
			host = c.Request.RemoteAddr
		}
		if !a.spent.take("address "+host, wrongBurst, wrongPerSecond) {
			return edge.Errorf(op, edge.TooMany, "too many requests without a valid token: wait a while")
		}
		return edge.Errorf(op, edge.Unauthorized, "send a valid key or token as Authorization: Bearer KEY; headquarters' page of accounts makes keys")
	}
	if err != nil {
		return err
	}
	c.Set(tokenName, k.Name)
	c.Set(tokenRole, k.Role)
	if !a.spent.take("token "+k.Name, burst, perSecond) {
		return edge.Errorf(op, edge.TooMany, "more than %v requests a second: wait a moment", perSecond)
	}
	if !k.Role.May(r.right) {
		return edge.Errorf(op, edge.Forbidden, "%s is for a %s, who may not %s", k.Name, k.Role, r.right)
	}
	return scope(c, r, k)
}

// key is who shows a header: a token of the settings, which is for all shops, or
// a key, under the name that it signs with. NotFound where it is neither.
func (a *API) key(ctx context.Context, header string) (*account.Key, error) {
	scheme, text, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return nil, edge.Errorf("api.key", edge.NotFound, "there is no token")
	}
	if t, ok := account.FindToken(a.Tokens, text); ok {
		return &account.Key{Name: t.Name, Role: t.Role}, nil
	}
	k, err := a.Accounts.FindKey(ctx, strings.TrimSpace(text))
	if err == nil {
		k.Name = k.Signs()
	}
	return k, err
}

// scope keeps a key that is for some shops to them: what a route does must be in
// one of them, or it is refused.
func scope(c *gin.Context, r route, k *account.Key) error {
	const op = "api.scope"
	if k.For("") { // for all
		return nil
	}
	shop := c.Param("shop")
	switch query := c.Request.URL.Query(); {
	case shop != "":
	case slices.Contains(r.query, "shop"):
		if shop = query.Get("shop"); shop == "" && len(k.Shops) == 1 && !query.Has("shop") {
			shop = k.Shops[0]
			query.Set("shop", shop)
			c.Request.URL.RawQuery = query.Encode()
		}
	case r.shopOf != nil:
		var err error
		if shop, err = r.shopOf(c.Request.Context(), c.Param("id")); err != nil {
			return err
		}
	default:
		return edge.Errorf(op, edge.Forbidden, "%s is for %s, and this is not about one shop", k.Name, strings.Join(k.Shops, ", "))
	}
	if shop == "" || !k.For(shop) {
		return edge.Errorf(op, edge.Forbidden, "%s is for %s: say shop=, and one of these", k.Name, strings.Join(k.Shops, ", "))
	}
	return nil
}

// writeDown writes into the log what is about to be changed, or read of a
// person, and afterwards what came of it. What cannot be written down is not
// done.
func (a *API) writeDown(c *gin.Context) {
	n, err := a.Accounts.Begin(c.Request.Context(), account.Act{
		By: c.GetString(tokenName), What: c.Request.Method + " " + c.FullPath(), Subject: c.Request.URL.Path,
	})
	if err != nil {
		a.fail(c, err)
		return
	}
	c.Next()
	state := account.ActDone
	if c.Writer.Status() >= http.StatusBadRequest {
		state = account.ActRefused
	}
	if err := a.Accounts.End(context.WithoutCancel(c.Request.Context()), n, state); err != nil {
		a.Log.Error("log of acts", "act", n, "error", err)
	}
}
