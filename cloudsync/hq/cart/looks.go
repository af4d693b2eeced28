package cart

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Looks is what the pages need of HQ for photos and votes.
type Looks interface {
	Photos(ctx context.Context, cart edge.CartID) ([]hq.Photo, error)
	Photo(ctx context.Context, cart edge.CartID, id string) ([]byte, error)
	DeletePhoto(ctx context.Context, cart edge.CartID, id string) error
	StartVote(ctx context.Context, v hq.Vote) error
	EndVote(ctx context.Context, cart edge.CartID) error
	VoteOfCart(ctx context.Context, cart edge.CartID) (*hq.Vote, error)
	Vote(ctx context.Context, token string) (*hq.Vote, error)
	Choice(ctx context.Context, token, voter string) (choice int, in bool, err error)
	EnterVote(ctx context.Context, token, voter string) error
	CastVote(ctx context.Context, token, voter string, choice int) error
}

// looksView is what the templates of photos and votes show.
type looksView struct {
	Brand, Lang, Nonce string
	Words              looksWords
	Token              string // the cart's on the shopper's page, the vote's on a friend's
	Photos             []look
	Choices            []look // to ask friends about
	NextVote           string // the token of the vote that the form begins
	Vote               *voteView
}

// look is a look as a page shows it.
type look struct {
	Value   string // in the form
	Photo   string // id; empty where the product stands for it
	Wrapped string
	Title   string
	Picture string // of the product
	Color   string // of the shade
	Votes   int
	Share   int // of the votes, in percent
	Chosen  bool
}

// voteView is a vote as a page shows it.
type voteView struct {
	Token  string
	Open   bool
	Closes string
	Voted  int
	Looks  []look
	Voters int
	Most   int
	Photos bool // some look has one
	In     bool // this friend takes part
}

func (v *voteView) Full() bool { return !v.In && v.Voters >= v.Most }

// lookOf shows what is worn in words, with the picture of the first thing.
func lookOf(skus []edge.SKU, r *edge.Release, lang string) look {
	var l look
	if len(skus) > 0 {
		variant, _ := r.Variant(skus[0])
		line := lineOf(skus[0], variant, lang)
		l.Title, l.Color = line.Name, line.Color
		if line.Shade != "" {
			l.Title += " · " + line.Shade
		}
		if variant != nil {
			l.Picture = variant.Picture
		}
	}
	if len(skus) > 1 {
		l.Title += " +" + strconv.Itoa(len(skus)-1)
	}
	return l
}

// looksPage shows the shopper's photos, and asks friends.
func (p *Pages) looksPage(c *gin.Context) {
	v, err := p.visitOwned(c)
	if err != nil {
		p.refusePage(c, err)
		return
	}
	shown, err := p.looks(c.Request.Context(), v)
	if err != nil {
		p.refusePage(c, err)
		return
	}
	p.renderLooks(c, http.StatusOK, "looks-page", shown)
}

// visitOwned opens the cart for its owner: photos are for nobody else.
func (p *Pages) visitOwned(c *gin.Context) (*visit, error) {
	v, err := p.visit(c, !fetchedAhead(c.Request.Header))
	if err == nil && !v.stands().Owns() {
		err = edge.Errorf("cart.visitOwned", edge.Forbidden, "the cart is open on another phone: ask that one")
	}
	return v, err
}

func (p *Pages) looks(ctx context.Context, v *visit) (*looksView, error) {
	release, err := p.HQ.Release(ctx)
	if err != nil {
		return nil, err
	}
	photos, err := p.HQ.Photos(ctx, v.cart.ID)
	if err != nil {
		return nil, err
	}
	vote, err := p.HQ.VoteOfCart(ctx, v.cart.ID)
	if err != nil && edge.KindOf(err) != edge.NotFound {
		return nil, err
	}
	shown := &looksView{Brand: p.Brand, Lang: v.lang, Words: looksWordsIn(v.lang), Token: v.token}
	for _, ph := range photos {
		l := lookOf(ph.SKUs, release, v.lang)
		l.Photo, l.Value = ph.ID, "photo "+ph.ID
		shown.Photos = append(shown.Photos, l)
	}
	shown.Choices = slices.Clone(shown.Photos)
	for _, sku := range skusOf(v.cart) {
		l := lookOf([]edge.SKU{sku}, release, v.lang)
		l.Value = "sku " + string(sku)
		shown.Choices = append(shown.Choices, l)
	}
	if vote != nil {
		shown.Vote = p.voteView(vote, photos, release, v.lang)
	}
	shown.NextVote, err = p.nextVote(v.cart.ID, vote)
	return shown, err
}

// skusOf lists what is in a cart, each thing once.
func skusOf(c *edge.Cart) (list []edge.SKU) {
	for i := range c.Lines {
		if l := &c.Lines[i]; l.Quantity() > 0 && !slices.Contains(list, l.SKU) {
			list = append(list, l.SKU)
		}
	}
	return list
}

// voteView shows a vote. Of a photo that was deleted the product takes the place.
func (p *Pages) voteView(v *hq.Vote, photos []hq.Photo, r *edge.Release, lang string) *voteView {
	shown := &voteView{
		Token: v.Token, Open: v.Open(p.Now()), Closes: view{Lang: lang, zone: p.Zone}.Time(v.Closes),
		Voted: v.Voted(), Voters: v.Voters, Most: edge.MaxVoters,
	}
	for i := range v.Looks {
		l := lookOf(v.Looks[i].SKUs, r, lang)
		l.Value, l.Votes = strconv.Itoa(i), v.Looks[i].Votes
		if shown.Voted > 0 {
			l.Share = 100 * l.Votes / shown.Voted
		}
		if slices.ContainsFunc(photos, func(ph hq.Photo) bool { return ph.ID == v.Looks[i].Photo }) {
			l.Photo, l.Wrapped, shown.Photos = v.Looks[i].Photo, v.Looks[i].Wrapped, true
		}
		shown.Looks = append(shown.Looks, l)
	}
	return shown
}

// nextVote names the vote that a cart may begin after the one before. Nobody else
// can guess it; it stays the same until the vote has begun, so that a form sent
// twice begins one.
func (p *Pages) nextVote(cart edge.CartID, before *hq.Vote) (string, error) {
	info := "mirrorcart vote 1 " + cart.String()
	if before != nil {
		info += " " + before.Token
	}
	b, err := hkdf.Key(sha256.New, p.Key.Seed(), nil, info, 16)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// sealedPhoto hands what is sealed of a photo to the cart's phone.
func (p *Pages) sealedPhoto(c *gin.Context) {
	v, err := p.visitOwned(c)
	var b []byte
	if err == nil {
		b, err = p.HQ.Photo(c.Request.Context(), v.cart.ID, c.Param("photo"))
	}
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	privately(c.Writer.Header())
	c.Data(http.StatusOK, "application/octet-stream", b)
}

// deletePhoto deletes a photo at once, here and in the shop.
func (p *Pages) deletePhoto(c *gin.Context) {
	p.onLooks(c, func(ctx context.Context, v *visit) error {
		return p.HQ.DeletePhoto(ctx, v.cart.ID, c.Param("photo"))
	})
}

// onLooks does what the page of looks asks for, and shows the page again.
func (p *Pages) onLooks(c *gin.Context, do func(ctx context.Context, v *visit) error) {
	ctx := c.Request.Context()
	privately(c.Writer.Header())
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	var v *visit
	err := error(nil)
	if fromElsewhere(c.Request.Header) {
		err = edge.Errorf("cart.onLooks", edge.Forbidden, "a form of another site")
	}
	if err == nil {
		v, err = p.visitOwned(c)
	}
	if err == nil {
		err = p.bind(ctx, v, MayOwn)
	}
	if err == nil {
		err = do(ctx, v)
	}
	if err != nil {
		p.refusePage(c, err)
		return
	}
	c.Header("Location", backTo(c, "looks", v.lang))
	c.Status(http.StatusSeeOther)
}

// backTo is the address of a page whose last part is name, seen from what is
// below it, so that it holds below any public address.
func backTo(c *gin.Context, name, lang string) string {
	path := strings.TrimSuffix(c.Request.URL.Path, "/")
	below := path[strings.LastIndex(path, "/"+name)+len(name)+1:]
	return strings.Repeat("../", strings.Count(below, "/")) + name + "?lang=" + lang
}

// refusePage says on a page what went wrong.
func (p *Pages) refusePage(c *gin.Context, err error) {
	p.problemPage(c, langOf(c), p.report(c, err), looksProblem)
}
