package cart

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// voterCookie holds a friend's secret. HQ keeps a hash that differs from vote to
// vote.
const voterCookie = "mc_v"

// askBody is what the shopper asks friends about.
type askBody struct {
	Vote    string   `json:"vote" form:"vote"`
	Looks   []string `json:"looks" form:"look"`
	Keys    []string `json:"keys" form:"key"` // "photo-id wrapped-key", of photos
	Consent string   `json:"consent" form:"consent"`
}

// askFriends begins a vote.
func (p *Pages) askFriends(c *gin.Context) {
	p.onLooks(c, func(ctx context.Context, v *visit) error {
		const op = "cart.askFriends"
		body, err := read[askBody](c)
		if err != nil {
			return err
		}
		if body.Consent == "" {
			return edge.Errorf(op, edge.Unauthorized, "no vote without consent: tick it first")
		}
		before, err := p.HQ.VoteOfCart(ctx, v.cart.ID)
		if err != nil && edge.KindOf(err) != edge.NotFound {
			return err
		}
		next, err := p.nextVote(v.cart.ID, before)
		if err != nil {
			return err
		}
		if body.Vote != next {
			return edge.Errorf(op, edge.Conflict, "the vote has begun already")
		}
		vote := hq.Vote{Token: next, Cart: v.cart.ID}
		for _, value := range body.Looks {
			l, err := body.look(value, v.cart)
			if err != nil {
				return err
			}
			vote.Looks = append(vote.Looks, l)
		}
		if err := p.HQ.StartVote(ctx, vote); err != nil {
			return err
		}
		p.Log.Info("consent", "purpose", "friends vote between looks", "version", 1)
		return nil
	})
}

// look reads a look that was ticked.
func (b *askBody) look(value string, cart *edge.Cart) (hq.VoteLook, error) {
	const op = "cart.askFriends"
	kind, name, _ := strings.Cut(value, " ")
	switch {
	case kind == "photo":
		for _, k := range b.Keys {
			if id, wrapped, ok := strings.Cut(k, " "); ok && id == name && wrapped != "" {
				return hq.VoteLook{Photo: id, Wrapped: wrapped}, nil
			}
		}
		return hq.VoteLook{}, edge.Errorf(op, edge.Invalid, "the photo's key is missing")
	case kind == "sku" && slices.Contains(skusOf(cart), edge.SKU(name)):
		return hq.VoteLook{SKUs: []edge.SKU{edge.SKU(name)}}, nil
	}
	return hq.VoteLook{}, edge.Errorf(op, edge.Invalid, "a look that is not of this cart")
}

// endVote ends the vote before its time.
func (p *Pages) endVote(c *gin.Context) {
	p.onLooks(c, func(ctx context.Context, v *visit) error { return p.HQ.EndVote(ctx, v.cart.ID) })
}

// friend is who looks at a vote.
type friend struct {
	vote  *hq.Vote
	voter string // as HQ knows the friend; empty where the browser has no cookie yet
}

// friendOf finds the vote that a request names.
func (p *Pages) friendOf(c *gin.Context) (*friend, error) {
	token := c.Param("token")
	if !hq.ValidVoteToken(token) {
		return nil, edge.Errorf("cart.friendOf", edge.NotFound, "no vote has such a name")
	}
	vote, err := p.HQ.Vote(c.Request.Context(), token)
	if err != nil {
		return nil, err
	}
	if !p.limit.allow(vote.Cart, p.Now()) {
		return nil, edge.Errorf("cart.friendOf", edge.TooMany, "a vote is asked for too often: wait a few seconds")
	}
	f := &friend{vote: vote}
	if have, err := c.Cookie(voterCookie); err == nil && phoneSecret(have) {
		f.voter = voterOf(token, have)
	}
	return f, nil
}

func voterOf(token, secret string) string {
	sum := sha256.Sum256([]byte("mirrorcart voter\x00" + token + "\x00" + secret))
	return hex.EncodeToString(sum[:16])
}

// enter gives a friend who is new a name, which the browser keeps.
func (f *friend) enter(c *gin.Context) {
	if f.voter != "" {
		return
	}
	secret := rand.Text()
	http.SetCookie(c.Writer, &http.Cookie{
		Name: voterCookie, Value: secret, Path: "/", MaxAge: int(edge.VoteLife.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https",
	})
	f.voter = voterOf(f.vote.Token, secret)
}

// votePage asks a friend. Looking at it takes nobody's place: chat apps fetch
// pages to show what is behind a link.
func (p *Pages) votePage(c *gin.Context) {
	f, err := p.friendOf(c)
	if err != nil {
		p.refusePage(c, err)
		return
	}
	shown, err := p.ballot(c.Request.Context(), f, langOf(c))
	if err != nil {
		p.refusePage(c, err)
		return
	}
	p.renderLooks(c, http.StatusOK, "vote-page", shown)
}

func (p *Pages) ballot(ctx context.Context, f *friend, lang string) (*looksView, error) {
	release, err := p.HQ.Release(ctx)
	if err != nil {
		return nil, err
	}
	photos, err := p.HQ.Photos(ctx, f.vote.Cart)
	if err != nil {
		return nil, err
	}
	v := &looksView{Brand: p.Brand, Lang: lang, Words: looksWordsIn(lang), Token: f.vote.Token}
	v.Words.Title = v.Words.AskTitle // chat apps show it beside the link
	v.Vote = p.voteView(f.vote, photos, release, lang)
	if f.voter == "" {
		return v, nil
	}
	choice, in, err := p.HQ.Choice(ctx, f.vote.Token, f.voter)
	if err != nil {
		return nil, err
	}
	v.Vote.In = in
	if choice >= 0 && choice < len(v.Vote.Looks) {
		v.Vote.Looks[choice].Chosen = true
	}
	return v, nil
}

// castVote takes a friend's vote; without a look the friend only takes part, and
// may see the photos.
func (p *Pages) castVote(c *gin.Context) {
	ctx := c.Request.Context()
	privately(c.Writer.Header())
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	f, err := p.friendOf(c)
	if err == nil && fromElsewhere(c.Request.Header) {
		err = edge.Errorf("cart.castVote", edge.Forbidden, "a form of another site")
	}
	chosen := ""
	if err == nil {
		f.enter(c)
		chosen = c.PostForm("look")
		if chosen == "" {
			err = p.HQ.EnterVote(ctx, f.vote.Token, f.voter)
		} else if n, wrong := strconv.Atoi(chosen); wrong != nil {
			err = edge.Errorf("cart.castVote", edge.Invalid, "a look is a number")
		} else {
			err = p.HQ.CastVote(ctx, f.vote.Token, f.voter, n)
		}
	}
	switch {
	case err != nil:
		p.refusePage(c, err)
	case chosen == "":
		c.Status(http.StatusNoContent)
	default:
		c.Header("Location", backTo(c, f.vote.Token, langOf(c)))
		c.Status(http.StatusSeeOther)
	}
}

// votePhoto hands what is sealed of a look's photo to a friend who takes part.
func (p *Pages) votePhoto(c *gin.Context) {
	ctx := c.Request.Context()
	f, err := p.friendOf(c)
	var b []byte
	if err == nil {
		b, err = p.photoFor(ctx, f, c.Param("photo"))
	}
	if err != nil {
		p.refuse(c, err, looksProblem)
		return
	}
	privately(c.Writer.Header())
	c.Data(http.StatusOK, "application/octet-stream", b)
}

func (p *Pages) photoFor(ctx context.Context, f *friend, id string) ([]byte, error) {
	const op = "cart.photoFor"
	_, in, err := p.HQ.Choice(ctx, f.vote.Token, f.voter)
	switch {
	case err != nil:
		return nil, err
	case !in:
		return nil, edge.Errorf(op, edge.Forbidden, "only friends who take part see photos")
	case !f.vote.Open(p.Now()):
		return nil, edge.Errorf(op, edge.Expired, "the vote is over")
	case !slices.ContainsFunc(f.vote.Looks, func(l hq.VoteLook) bool { return l.Photo == id }):
		return nil, edge.Errorf(op, edge.NotFound, "the photo is none of this vote's")
	}
	return p.HQ.Photo(ctx, f.vote.Cart, id)
}
