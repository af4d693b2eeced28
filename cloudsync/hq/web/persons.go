package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

const askedOnPage = 50

// Persons is what the pages need of what is kept of persons.
type Persons interface {
	PersonsAsked(ctx context.Context, limit int) ([]hq.PersonAsked, error)
	ExportPerson(ctx context.Context, phone, by string) (*hq.PersonExport, error)
	PersonExport(ctx context.Context, id string) (*hq.PersonExport, error)
	DeletePerson(ctx context.Context, phone string, why hq.DeletionReason, by string) (id string, err error)
	Deletion(ctx context.Context, id string) (*hq.Deletion, error)
	SignedDeletion(ctx context.Context, id string) (*hq.SignedDeletion, error)
}

type personsView struct {
	Wrong string
	Asked []askedView
}

// askedView is a deletion or an export in the list.
type askedView struct {
	Path, What, How, By, When string
	Waits                     bool
}

func (p *Pages) personsPage(c *gin.Context) { p.showPersons(c, http.StatusOK, "") }

func (p *Pages) showPersons(c *gin.Context, status int, wrong string) {
	w, now := p.words(c), p.Now()
	list, err := p.HQ.PersonsAsked(c.Request.Context(), askedOnPage)
	if err != nil {
		p.fail(c, err)
		return
	}
	v := personsView{Wrong: wrong}
	for i := range list {
		one := &list[i]
		a := askedView{
			Path: "/persons/exports/" + one.ID, What: w.T("person_export"), How: w.T("person_answered", one.Answered, one.Answered+one.Waiting),
			By: one.By, When: p.clock(one.At, now), Waits: one.Waiting > 0,
		}
		if one.Do == edge.PersonForget {
			a.Path, a.What = "/persons/deletions/"+one.ID, w.T("person_deletion")
		}
		v.Asked = append(v.Asked, a)
	}
	p.renderStatus(c, status, "persons", "persons", v)
}

// exportPerson begins to gather what is kept of a person. The number stands in
// no address, which logs would keep.
func (p *Pages) exportPerson(c *gin.Context) {
	e, err := p.HQ.ExportPerson(c.Request.Context(), c.PostForm("phone"), officer(c))
	switch {
	case edge.KindOf(err) == edge.Invalid:
		p.showPersons(c, http.StatusBadRequest, p.words(c).T("person_wrong_phone"))
	case err != nil:
		p.fail(c, err)
	default:
		c.Redirect(http.StatusSeeOther, "/persons/exports/"+e.ID+"?lang="+langOf(c))
	}
}

// exportView tells how much is kept: what it is stands in the download alone.
type exportView struct {
	ID, Asked, Here string
	Shops           []keptView
	Waiting         []placeView
	Reasons         []reasonView
	Wrong           string
}

type placeView struct{ Shop, Name, Node string }

type keptView struct {
	placeView
	Says, When string
}

type reasonView struct {
	Value hq.DeletionReason
	Word  string
}

func (p *Pages) exportPage(c *gin.Context) { p.showExport(c, http.StatusOK, "") }

func (p *Pages) showExport(c *gin.Context, status int, wrong string) {
	w, now := p.words(c), p.Now()
	e, err := p.HQ.PersonExport(c.Request.Context(), c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	v := exportView{
		ID: e.ID, Asked: w.T("person_asked_at", p.clock(e.At, now)), Here: w.T("person_kept_here", len(e.Contacts), len(e.Orders), len(e.Chats)),
		Waiting: p.places(e.Waiting), Wrong: wrong,
	}
	for i := range e.Shops {
		s := &e.Shops[i]
		v.Shops = append(v.Shops, keptView{p.place(s.Shop, s.Node), w.T("person_kept_shop", len(s.Contacts)), p.clock(s.At, now)})
	}
	for _, why := range hq.DeletionReasons() {
		v.Reasons = append(v.Reasons, reasonView{why, w.known("why_", string(why))})
	}
	p.renderStatus(c, status, "export", "person_export", v)
}

func (p *Pages) place(shop, node string) placeView { return placeView{shop, p.nameOf(shop), node} }

func (p *Pages) places(waiting []hq.Waiting) (list []placeView) {
	for _, at := range waiting {
		list = append(list, p.place(at.Shop, at.Node))
	}
	return list
}

// downloadExport gives all that is kept of a person to whoever asks for it by
// right.
func (p *Pages) downloadExport(c *gin.Context) {
	e, err := p.HQ.PersonExport(c.Request.Context(), c.Param("id"))
	p.download(c, "person-"+c.Param("id")+".json", e, err)
}

// downloadDeletion gives the signed record of a deletion.
func (p *Pages) downloadDeletion(c *gin.Context) {
	d, err := p.HQ.SignedDeletion(c.Request.Context(), c.Param("id"))
	p.download(c, "deletion-"+c.Param("id")+".json", d, err)
}

func (p *Pages) download(c *gin.Context, name string, what any, err error) {
	if err != nil {
		p.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	out := json.NewEncoder(c.Writer)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	_ = out.Encode(what) // the reader may have gone
}

// deletePerson deletes the person of whom was gathered what is kept.
func (p *Pages) deletePerson(c *gin.Context) {
	ctx := c.Request.Context()
	e, err := p.HQ.PersonExport(ctx, c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	id, err := p.HQ.DeletePerson(ctx, e.Phone, hq.DeletionReason(c.PostForm("why")), officer(c))
	switch {
	case edge.KindOf(err) == edge.Conflict:
		p.showExport(c, http.StatusConflict, p.words(c).T("person_busy"))
	case err != nil:
		p.fail(c, err)
	default:
		c.Redirect(http.StatusSeeOther, "/persons/deletions/"+id+"?lang="+langOf(c))
	}
}

type deletionView struct {
	ID, Summary, Asked, Why, Here string
	Shops                         []keptView
	Waiting                       []placeView
}

func (p *Pages) deletionPage(c *gin.Context) {
	w, now := p.words(c), p.Now()
	d, err := p.HQ.Deletion(c.Request.Context(), c.Param("id"))
	if err != nil {
		p.fail(c, err)
		return
	}
	v := deletionView{
		ID: d.ID, Summary: w.T("person_gone"), Asked: w.T("person_asked_by", p.clock(d.At, now), d.By), Here: w.T("person_deleted_here", d.Contacts, d.Chats),
		Waiting: p.places(d.Waiting),
	}
	if d.Why != "" {
		v.Why = w.known("why_", string(d.Why))
	}
	if n := len(d.Waiting); n > 0 {
		v.Summary = w.T("person_going", n)
	}
	for _, f := range d.Shops {
		v.Shops = append(v.Shops, keptView{p.place(f.Shop, f.Node), f.Says, p.day(f.At)})
	}
	p.render(c, "deletion", "person_deletion", v)
}

// day is a time of proof: with its day, whenever it is looked at.
func (p *Pages) day(t time.Time) string { return t.In(p.Zone).Format("02/01/2006 15:04") }
