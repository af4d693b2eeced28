package edge

import "time"

// Limits of a vote among a shopper's friends.
const (
	MinVoteLooks = 2
	MaxVoteLooks = 4
	MaxVoters    = 10
	VoteLife     = 24 * time.Hour
)

// The states of a vote.
const (
	VoteOpen   = "open"
	VoteClosed = "closed"
)

// VoteResult is how a vote stands, as the shop hears of it: looks and numbers,
// nobody's name and no picture.
type VoteResult struct {
	Closes time.Time  `json:"closes"`
	Looks  []VoteLook `json:"looks"` // in the order in which they are shown
}

// VoteLook is a look that is voted on.
type VoteLook struct {
	SKUs  []SKU `json:"skus"`
	Votes int   `json:"votes"`
}

// Voted is how many have voted.
func (r *VoteResult) Voted() (n int) {
	for _, l := range r.Looks {
		n += l.Votes
	}
	return n
}
