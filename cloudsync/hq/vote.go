package hq

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
	"github.com/mirrorcart/mirrorcart/edge"
)

const (
	votesOfCart = 10 // begun within VoteLife
	maxWrapped  = 160
)

// Vote is a shopper's question to friends: which of these looks? Whoever has
// Token may look and vote, the first edge.MaxVoters browsers of them.
type Vote struct {
	Token   string // see ValidVoteToken
	Cart    edge.CartID
	Created time.Time
	Closes  time.Time // nobody votes later
	Looks   []VoteLook
	Voters  int // that have looked; they hold a place whether they vote or not
}

// VoteLook is a look that is voted on.
type VoteLook struct {
	SKUs  []edge.SKU `json:"skus"`            // what is worn
	Photo string     `json:"photo,omitempty"` // id of the cart's photo that shows it
	// Wrapped is the photo's key, sealed by the shopper's phone with a key that
	// is in the part of the friends' link which no server gets.
	Wrapped string `json:"wrapped,omitempty"`
	Votes   int    `json:"-"`
}

// Open reports whether friends may still vote.
func (v *Vote) Open(now time.Time) bool { return now.Before(v.Closes) }

// Voted is how many have voted.
func (v *Vote) Voted() (n int) {
	for i := range v.Looks {
		n += v.Looks[i].Votes
	}
	return n
}

// ValidVoteToken reports whether token can name a vote: 16 bytes in base64url.
func ValidVoteToken(token string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(b) == 16 && len(token) == 22
}

func (v *Vote) check() error {
	const op = "hq.StartVote"
	if !ValidVoteToken(v.Token) {
		return edge.Errorf(op, edge.Invalid, "a vote is named with 22 characters of base64url")
	}
	if n := len(v.Looks); n < edge.MinVoteLooks || n > edge.MaxVoteLooks {
		return edge.Errorf(op, edge.Invalid, "%d looks: choose %d to %d", n, edge.MinVoteLooks, edge.MaxVoteLooks)
	}
	for _, l := range v.Looks {
		if len(l.Wrapped) > maxWrapped || (l.Photo == "") != (l.Wrapped == "") || l.Photo != "" && !edge.ValidPhotoID(l.Photo) {
			return edge.Errorf(op, edge.Invalid, "a photo and its key are given both or not at all")
		}
		if l.Photo == "" && len(l.SKUs) == 0 {
			return edge.Errorf(op, edge.Invalid, "a look of nothing")
		}
	}
	return nil
}

// StartVote begins a vote on looks of a cart, and ends the one before it. Photos
// must be the cart's own; the looks' SKUs then are what is worn on them.
func (h *HQ) StartVote(ctx context.Context, v Vote) error {
	const op = "hq.StartVote"
	if err := v.check(); err != nil {
		return err
	}
	photos, err := h.Photos(ctx, v.Cart)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	for i := range v.Looks {
		l := &v.Looks[i]
		if l.Photo == "" {
			continue
		}
		at := slices.IndexFunc(photos, func(p Photo) bool { return p.ID == l.Photo })
		if at < 0 {
			return edge.Errorf(op, edge.Conflict, "the photo was deleted")
		}
		l.SKUs = photos[at].SKUs
	}
	v.Created = h.now().UTC()
	v.Closes = v.Created.Add(edge.VoteLife)
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		_, node, err := readCart(ctx, tx, v.Cart)
		if err != nil {
			return err
		}
		return h.insertVote(ctx, tx, &v, node)
	})
	return h.toldOfVote(op, v.Cart, err)
}

func (h *HQ) insertVote(ctx context.Context, tx *sql.Tx, v *Vote, node string) error {
	const op = "hq.StartVote"
	var lately, taken int
	const count = "select count(case when created > $1 then 1 end), count(case when token = $2 then 1 end) from vote where cart = $3 or token = $2"
	if err := tx.QueryRowContext(ctx, count, v.Created.Add(-edge.VoteLife).UnixMilli(), v.Token, v.Cart.String()).Scan(&lately, &taken); err != nil {
		return err
	}
	if taken > 0 {
		return edge.Errorf(op, edge.Conflict, "the vote has begun already")
	}
	if lately >= votesOfCart {
		return edge.Errorf(op, edge.TooMany, "%d votes were begun today: wait until tomorrow", lately)
	}
	looks, err := json.Marshal(v.Looks)
	if err != nil {
		return err
	}
	now := v.Created.UnixMilli()
	if _, err := tx.ExecContext(ctx, "update vote set closes = $1 where cart = $2 and closes > $1", now, v.Cart.String()); err != nil {
		return err
	}
	const q = "insert into vote (token, cart, node, created, closes, looks) values ($1, $2, $3, $4, $5, $6)"
	if _, err := tx.ExecContext(ctx, q, v.Token, v.Cart.String(), node, now, v.Closes.UnixMilli(), looks); err != nil {
		return err
	}
	return h.queueVote(ctx, tx, v.Token)
}

// EndVote ends a cart's vote before its time, if there is one.
func (h *HQ) EndVote(ctx context.Context, cart edge.CartID) error {
	const op = "hq.EndVote"
	err := h.db.InTx(ctx, func(tx *sql.Tx) error {
		v, _, err := readVote(ctx, tx, "cart = $1", cart.String())
		if edge.KindOf(err) == edge.NotFound || err == nil && !v.Open(h.now()) {
			return nil
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "update vote set closes = $1 where token = $2", h.nowMillis(), v.Token)
		}
		if err != nil {
			return err
		}
		return h.queueVote(ctx, tx, v.Token)
	})
	return h.toldOfVote(op, cart, err)
}

// toldOfVote tells whoever waits for news of a cart's vote, unless err is one.
func (h *HQ) toldOfVote(op string, cart edge.CartID, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	h.carts.tell(cart)
	h.downs.tell(struct{}{})
	return nil
}

// VoteOfCart finds the vote that a cart began last; an edge.Error of kind
// NotFound where there is none.
func (h *HQ) VoteOfCart(ctx context.Context, cart edge.CartID) (*Vote, error) {
	v, _, err := readVote(ctx, h.db.Read, "cart = $1", cart.String())
	return v, err
}

// Vote finds a vote by its token; an edge.Error of kind NotFound where there is
// none, or none any more.
func (h *HQ) Vote(ctx context.Context, token string) (*Vote, error) {
	v, _, err := readVote(ctx, h.db.Read, "token = $1", token)
	return v, err
}

type querier interface {
	database.Rower
	database.Queryer
}

func readVote(ctx context.Context, db querier, which string, arg any) (*Vote, string, error) {
	const op = "hq.readVote"
	var v Vote
	var cart, node string
	var looks []byte
	var created, closes int64
	q := "select token, cart, node, created, closes, looks from vote where " + which + " order by created desc, closes desc limit 1"
	err := db.QueryRowContext(ctx, q, arg).Scan(&v.Token, &cart, &node, &created, &closes, &looks)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", edge.Errorf(op, edge.NotFound, "there is no such vote, or it is long over")
	}
	if err == nil {
		err = errors.Join(v.Cart.UnmarshalText([]byte(cart)), json.Unmarshal(looks, &v.Looks))
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", op, err)
	}
	v.Created, v.Closes = time.UnixMilli(created).UTC(), time.UnixMilli(closes).UTC()
	rows, err := db.QueryContext(ctx, "select choice, count(*) from voter where vote = $1 group by choice", v.Token)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var choice, n int
		if err := rows.Scan(&choice, &n); err != nil {
			return nil, "", fmt.Errorf("%s: %w", op, err)
		}
		v.Voters += n
		if choice >= 0 && choice < len(v.Looks) {
			v.Looks[choice].Votes = n
		}
	}
	return &v, node, rows.Err()
}

// queueVote tells a vote's shop how it stands.
func (h *HQ) queueVote(ctx context.Context, tx *sql.Tx, token string) error {
	v, node, err := readVote(ctx, tx, "token = $1", token)
	if err != nil {
		return err
	}
	r := edge.VoteResult{Closes: v.Closes}
	for _, l := range v.Looks {
		r.Looks = append(r.Looks, edge.VoteLook{SKUs: l.SKUs, Votes: l.Votes})
	}
	data, err := json.Marshal(&r)
	if err != nil {
		return err
	}
	state := edge.VoteOpen
	if !v.Open(h.now()) {
		state = edge.VoteClosed
	}
	return h.queueRecord(ctx, tx, node, &edge.Record{Kind: edge.RecordVote, ID: v.Cart.String(), State: state, At: h.now().UTC(), Data: data})
}
