package cloudsync

import (
	"crypto/ed25519"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/edgetest"
)

func TestASealedPartIsForOneNode(t *testing.T) {
	keyOf := func(letter byte) ed25519.PrivateKey {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = letter
		return ed25519.NewKeyFromSeed(seed)
	}
	own, other := keyOf('a'), keyOf('b')
	staff := edge.Directory{Members: []edge.Member{{Name: "Lan", Role: edge.RoleClerk, PIN: edgetest.PINHash, Active: true}}}
	p, err := NewSealedPart(PartSealedStaff, "node", own.Public().(ed25519.PublicKey), staff)
	require.NoError(t, err)
	require.NotContains(t, string(p.Data), "argon2id")
	open := func(node string, key ed25519.PrivateKey, parts ...Part) (edge.Delivery, []error) {
		return travelled(t, &Down{Node: node, N: 1, Parts: parts}).delivery(nil, key)
	}
	got, flaws := open("node", own, p)
	require.Empty(t, flaws)
	require.Equal(t, &staff, got.Staff)

	var box SealedPart
	require.NoError(t, json.Unmarshal(p.Data, &box))
	box.Box[len(box.Box)-1]++
	altered, err := NewPart(PartSealedStaff, box)
	require.NoError(t, err)
	short, err := NewPart(PartSealedStaff, SealedPart{[]byte("x")})
	require.NoError(t, err)
	for name, try := range map[string]struct {
		node string
		key  ed25519.PrivateKey
		part Part
	}{
		"another's key":   {"node", other, p},
		"another's name":  {"node-2", own, p},
		"an altered byte": {"node", own, altered},
		"too short":       {"node", own, short},
		"no key":          {"node", nil, p},
		"no box":          {"node", own, Part{Kind: PartSealedStaff, Data: json.RawMessage(`{}`)}},
		"no object":       {"node", own, Part{Kind: PartSealedStaff, Data: json.RawMessage(`[]`)}},
	} {
		got, flaws := open(try.node, try.key, try.part)
		require.Len(t, flaws, 1, name)
		require.Nil(t, got.Staff, name)
	}
	bad, err := NewSealedPart(PartSealedStaff, "node", own.Public().(ed25519.PublicKey), edge.Directory{Members: []edge.Member{{Name: "Bo", Role: "owner", PIN: "1234"}}})
	require.NoError(t, err)
	_, flaws = open("node", own, bad)
	require.Len(t, flaws, 1, "what is in it is checked too")
	_, err = NewSealedPart(PartSealedStaff, "node", make([]byte, 5), staff)
	require.Error(t, err)
}
