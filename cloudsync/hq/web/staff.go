package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Staff is what the pages need of who may sell in the shops.
type Staff interface {
	Staff(ctx context.Context, shop string) (*edge.Directory, error)
	PutMember(ctx context.Context, by, shop string, m edge.Member, pin string) error
	RemoveMember(ctx context.Context, by, shop, name string) error
}

type staffView struct {
	Shop, Name string
	Members    []edge.Member
	Made       *madeView
}

func (p *Pages) staffPage(c *gin.Context) { p.showStaff(c, nil) }

func (p *Pages) showStaff(c *gin.Context, made *madeView) {
	shop := c.Param("shop")
	d, err := p.HQ.Staff(c.Request.Context(), shop)
	if err != nil {
		p.fail(c, err)
		return
	}
	p.render(c, "staff", "staff", staffView{shop, p.nameOf(shop), d.Members, made})
}

// changeStaff adds or changes somebody. A new PIN is shown in the answer.
func (p *Pages) changeStaff(c *gin.Context) {
	ctx, shop := c.Request.Context(), c.Param("shop")
	m := edge.Member{Name: strings.TrimSpace(c.PostForm("name")), Role: c.PostForm("role"), Active: c.PostForm("active") == "1"}
	var pin string
	var err error
	switch c.PostForm("do") {
	case "add":
		if err = p.isNew(c, shop, m.Name); err == nil {
			pin, err = p.putWithPIN(ctx, officer(c), shop, m)
		}
	case "pin":
		pin, err = p.putWithPIN(ctx, officer(c), shop, m)
	case "remove":
		err = p.HQ.RemoveMember(ctx, officer(c), shop, m.Name)
	default:
		err = p.HQ.PutMember(ctx, officer(c), shop, m, "")
	}
	switch {
	case err != nil:
		p.fail(c, err)
	case pin != "":
		p.showStaff(c, &madeView{m.Name, pin, p.words(c).T("staff_made")})
	default:
		c.Redirect(http.StatusSeeOther, "/shops/"+url.PathEscape(shop)+"/staff?lang="+langOf(c))
	}
}

// isNew refuses a name that somebody has, who would be changed instead.
func (p *Pages) isNew(c *gin.Context, shop, name string) error {
	d, err := p.HQ.Staff(c.Request.Context(), shop)
	if err == nil && slices.ContainsFunc(d.Members, func(m edge.Member) bool { return m.Name == name }) {
		err = edge.Errorf("web.isNew", edge.Conflict, "%s", p.words(c).T("staff_there", name))
	}
	return err
}

// putWithPIN puts somebody into a shop with a PIN that nobody else has there.
func (p *Pages) putWithPIN(ctx context.Context, by, shop string, m edge.Member) (pin string, err error) {
	for range 5 {
		if pin, err = account.NewPIN(); err != nil {
			return "", err
		}
		if err = p.HQ.PutMember(ctx, by, shop, m, pin); edge.KindOf(err) != edge.Conflict {
			break
		}
	}
	return pin, err
}
