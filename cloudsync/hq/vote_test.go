package hq

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mirrorcart/mirrorcart/edge"
)

const voteToken = "AAAAAAAAAAAAAAAAAAAAAA"

func twoLooks() []VoteLook {
	return []VoteLook{{SKUs: []edge.SKU{"LIP-1"}}, {SKUs: []edge.SKU{"LIP-2", "GLS-1"}}}
}

// newVote begins a vote between two looks of testCart.
func newVote(t *testing.T) *gateway {
	g := newGateway(t)
	g.openedCart()
	require.NoError(t, g.hq.StartVote(t.Context(), Vote{Token: voteToken, Cart: edge.CartID{1}, Looks: twoLooks()}))
	return g
}

func (g *gateway) vote() *Vote {
	g.t.Helper()
	v, err := g.hq.Vote(g.t.Context(), voteToken)
	require.NoError(g.t, err)
	return v
}

// toldVote is the newest word of a vote that waits for the shop.
func (g *gateway) toldVote() (string, edge.VoteResult) {
	g.t.Helper()
	var body []byte
	require.NoError(g.t, g.hq.db.Read.QueryRowContext(g.t.Context(), "select body from down order by n desc limit 1").Scan(&body))
	var q queued
	require.NoError(g.t, json.Unmarshal(body, &q))
	require.Len(g.t, q.Parts, 1)
	var r edge.Record
	require.NoError(g.t, json.Unmarshal(q.Parts[0].Data, &r))
	require.NoError(g.t, r.Check())
	require.Equal(g.t, edge.RecordVote, r.Kind)
	require.Equal(g.t, edge.CartID{1}.String(), r.ID)
	require.NotContains(g.t, string(r.Data), voteToken)
	var v edge.VoteResult
	require.NoError(g.t, json.Unmarshal(r.Data, &v))
	return r.State, v
}

func TestFriendsVote(t *testing.T) {
	g := newVote(t)
	ctx := t.Context()
	changed, cancel := g.hq.WatchCart(edge.CartID{1})
	defer cancel()
	state, result := g.toldVote()
	require.Equal(t, edge.VoteOpen, state)
	require.Equal(t, []edge.VoteLook{{SKUs: []edge.SKU{"LIP-1"}}, {SKUs: []edge.SKU{"LIP-2", "GLS-1"}}}, result.Looks)

	require.NoError(t, g.hq.CastVote(ctx, voteToken, "an", 1))
	require.Len(t, changed, 1, "the shopper's phone hears of it")
	require.NoError(t, g.hq.CastVote(ctx, voteToken, "binh", 1))
	require.NoError(t, g.hq.CastVote(ctx, voteToken, "an", 0), "a change of mind")
	require.NoError(t, g.hq.EnterVote(ctx, voteToken, "chi"))
	v := g.vote()
	require.Equal(t, []int{1, 1, 2, 3}, []int{v.Looks[0].Votes, v.Looks[1].Votes, v.Voted(), v.Voters})
	_, result = g.toldVote()
	require.Equal(t, 2, result.Voted())
	choice, in, err := g.hq.Choice(ctx, voteToken, "chi")
	require.NoError(t, err)
	require.True(t, in)
	require.Equal(t, NoChoice, choice)
	_, in, err = g.hq.Choice(ctx, voteToken, "dung")
	require.NoError(t, err)
	require.False(t, in)
	for _, choice := range []int{-1, 2, 99} {
		require.Equal(t, edge.Invalid, edge.KindOf(g.hq.CastVote(ctx, voteToken, "an", choice)))
	}

	require.NoError(t, g.hq.EndVote(ctx, edge.CartID{1}))
	require.NoError(t, g.hq.EndVote(ctx, edge.CartID{1}))
	state, result = g.toldVote()
	require.Equal(t, edge.VoteClosed, state)
	require.Equal(t, 2, result.Voted())
	require.Equal(t, edge.Expired, edge.KindOf(g.hq.CastVote(ctx, voteToken, "an", 1)))
	require.Equal(t, edge.Expired, edge.KindOf(g.hq.EnterVote(ctx, voteToken, "dung")))
}

func TestAVoteEndsAfterADay(t *testing.T) {
	g := newVote(t)
	ctx := t.Context()
	require.NoError(t, g.hq.CastVote(ctx, voteToken, "an", 1))
	g.clock.Advance(edge.VoteLife)
	require.Equal(t, edge.Expired, edge.KindOf(g.hq.CastVote(ctx, voteToken, "an", 0)))
	require.Equal(t, 1, g.vote().Looks[1].Votes)
	g.clock.Advance(edge.VoteLife)
	require.NoError(t, g.hq.pruneVisits(ctx))
	_, err := g.hq.Vote(ctx, voteToken)
	require.Equal(t, edge.NotFound, edge.KindOf(err))
	var voters int
	require.NoError(t, g.hq.db.Read.QueryRowContext(ctx, "select count(*) from voter").Scan(&voters))
	require.Zero(t, voters)
}

// Of many who come at once, ten get in, and each vote counts once.
func TestTenFriendsAtMost(t *testing.T) {
	g := newVote(t)
	var wg sync.WaitGroup
	errs := make([]error, edge.MaxVoters+5)
	for i := range errs {
		wg.Go(func() { errs[i] = g.hq.CastVote(t.Context(), voteToken, fmt.Sprint("friend ", i), i%2) })
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, errFull) {
			refused++
			continue
		}
		require.NoError(t, err)
	}
	require.Equal(t, 5, refused)
	v := g.vote()
	require.Equal(t, []int{edge.MaxVoters, edge.MaxVoters}, []int{v.Voters, v.Voted()})
	for i, err := range errs {
		if err == nil {
			require.NoError(t, g.hq.CastVote(t.Context(), voteToken, fmt.Sprint("friend ", i), 0), "who is in may change")
		}
	}
	require.Equal(t, edge.MaxVoters, g.vote().Looks[0].Votes)
}

func TestAVoteIsChangedOnlySoOften(t *testing.T) {
	g := newVote(t)
	for i := range maxChanges {
		require.NoError(t, g.hq.CastVote(t.Context(), voteToken, "an", i%2))
	}
	require.Equal(t, edge.TooMany, edge.KindOf(g.hq.CastVote(t.Context(), voteToken, "an", 0)))
	require.NoError(t, g.hq.CastVote(t.Context(), voteToken, "an", 1), "the same again is no change")
}

func TestVotesThatCannotBegin(t *testing.T) {
	g := newGateway(t)
	ctx := t.Context()
	unknown := Vote{Token: voteToken, Cart: edge.CartID{1}, Looks: twoLooks()}
	require.Equal(t, edge.NotFound, edge.KindOf(g.hq.StartVote(ctx, unknown)))
	g.openedCart()
	for name, f := range map[string]func(*Vote){
		"short token":       func(v *Vote) { v.Token = "AAAA" },
		"odd token":         func(v *Vote) { v.Token = "AAAAAAAAAAAAAAAAAAAAA/" },
		"loose bits":        func(v *Vote) { v.Token = "AAAAAAAAAAAAAAAAAAAAAB" },
		"one look":          func(v *Vote) { v.Looks = v.Looks[:1] },
		"five looks":        func(v *Vote) { v.Looks = append(append(v.Looks, v.Looks...), v.Looks[0]) },
		"a look of nothing": func(v *Vote) { v.Looks[0].SKUs = nil },
		"a photo's key":     func(v *Vote) { v.Looks[0].Wrapped = "key" },
		"a long key":        func(v *Vote) { v.Looks[0].Photo, v.Looks[0].Wrapped = photoID, strings.Repeat("k", maxWrapped+1) },
		"an odd photo":      func(v *Vote) { v.Looks[0].Photo, v.Looks[0].Wrapped = "me.jpg", "key" },
	} {
		v := Vote{Token: voteToken, Cart: edge.CartID{1}, Looks: twoLooks()}
		f(&v)
		require.Equal(t, edge.Invalid, edge.KindOf(g.hq.StartVote(ctx, v)), name)
	}
	v := Vote{Token: voteToken, Cart: edge.CartID{1}, Looks: twoLooks()}
	v.Looks[0].Photo, v.Looks[0].Wrapped = photoID, "key"
	require.Equal(t, edge.Conflict, edge.KindOf(g.hq.StartVote(ctx, v)), "a photo that is not the cart's")
	require.NoError(t, g.bring(g.sealedPhoto(photoID)))
	require.NoError(t, g.hq.StartVote(ctx, v))
	require.Equal(t, []edge.SKU{"LIP-1"}, g.vote().Looks[0].SKUs, "what is worn on the photo")
	require.Equal(t, edge.Conflict, edge.KindOf(g.hq.StartVote(ctx, v)), "twice")

	var err error
	for i := range votesOfCart {
		v := Vote{Token: strings.Repeat(string(rune('B'+i)), 21) + "A", Cart: edge.CartID{1}, Looks: twoLooks()}
		err = g.hq.StartVote(ctx, v)
		if i == 0 {
			require.NoError(t, err)
			require.False(t, g.vote().Open(g.clock.Now()), "a new vote ends the one before")
			newest, err := g.hq.VoteOfCart(ctx, edge.CartID{1})
			require.NoError(t, err)
			require.Equal(t, v.Token, newest.Token)
		}
	}
	require.Equal(t, edge.TooMany, edge.KindOf(err))
}

// However friends come, vote and change their minds, the counts are those of
// their last choices, and the shop hears the same.
func TestCountsAreThoseOfTheLastChoices(t *testing.T) {
	g := newVote(t)
	g.hq.now = func() time.Time { return g.clock.Now() }
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		token := fmt.Sprintf("%021dA", n)
		cart := edge.CartID{byte(n), byte(n >> 8), 7}
		_, err := g.hq.OpenCart(t.Context(), edge.NewCart(cart, g.clock.Now()), testNode, false)
		require.NoError(r, err)
		looks := append(twoLooks(), VoteLook{SKUs: []edge.SKU{"EYE-1"}})
		require.NoError(r, g.hq.StartVote(t.Context(), Vote{Token: token, Cart: cart, Looks: looks}))
		last, in := map[string]int{}, map[string]bool{}
		for range rapid.IntRange(0, 30).Draw(r, "steps") {
			friend := fmt.Sprint(rapid.IntRange(0, edge.MaxVoters+1).Draw(r, "friend"))
			choice := rapid.IntRange(-1, 2).Draw(r, "choice")
			full := !in[friend] && len(in) == edge.MaxVoters
			if choice < 0 {
				err = g.hq.EnterVote(t.Context(), token, friend)
			} else {
				err = g.hq.CastVote(t.Context(), token, friend, choice)
			}
			if full {
				require.ErrorIs(r, err, errFull)
				continue
			}
			in[friend] = true
			if edge.KindOf(err) == edge.TooMany {
				continue // changed too often
			}
			require.NoError(r, err)
			if choice >= 0 {
				last[friend] = choice
			}
		}
		want := make([]int, 3)
		for _, choice := range last {
			want[choice]++
		}
		v, err := g.hq.Vote(t.Context(), token)
		require.NoError(r, err)
		require.Equal(r, want, []int{v.Looks[0].Votes, v.Looks[1].Votes, v.Looks[2].Votes})
		require.Equal(r, len(in), v.Voters)
	})
}
