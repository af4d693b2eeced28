package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Trust is what a machine, or HQ, has learnt from the bundles it took. It only
// grows, and is kept for ever.
type Trust struct {
	Root    Root      `json:"root"`    // who may sign
	Version int64     `json:"version"` // of the newest bundle taken; 0 for none
	ID      string    `json:"id"`      // of that bundle
	Seen    time.Time `json:"seen"`    // a moment that is past, whatever the clock says
}

// Begun is the trust with the root set in a file, root.json, where no bundle has
// brought one yet. Its error is a Refusal, Rootless, if the file holds none.
func (t Trust) Begun(file string) (Trust, error) {
	if t.Root.Version > 0 {
		return t, nil
	}
	text, err := os.ReadFile(file)
	if err == nil {
		var roots Roots
		if roots, err = ParseRoots(text); err == nil {
			t.Root, err = roots.Trusted()
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return t, fmt.Errorf("the root set, which says who may sign bundles: %w", err)
	}
	if err != nil {
		return Trust{}, refuse(Rootless, "no root set: nothing says who may sign bundles for this machine, so it takes none; put the file that `hq bundle root` made there as %s (%v)", file, err)
	}
	return t, nil
}

// Check says whether the bundle may be taken at the time now by a machine of the
// class, or by HQ for others if class is empty. It returns what is known once it is
// taken; whoever takes it keeps that first. Its error is a Refusal.
//
// The clock alone could be turned back to have an old bundle taken again and
// again, so the times in what was signed count as well. They are HQ's, so a clock
// that stood wrong once spoils nothing.
func (t Trust) Check(b *Bundle, class string, now time.Time) (Trust, error) {
	root, err := t.Root.follow(b.Roots)
	if err != nil {
		return t, err
	}
	if err := root.verify("the bundle", manifestContext, b.text, b.Signatures); err != nil {
		return t, err
	}
	m := &b.Manifest
	switch {
	case class != "" && !slices.Contains(m.Classes, class):
		return t, refuse(Foreign, "it is for %v, and this machine is %q", m.Classes, class)
	case m.Version < t.Version:
		return t, refuse(Older, "it is version %d, and version %d has been taken: build it anew under a higher number", m.Version, t.Version)
	case m.Version == t.Version && b.ID() != t.ID:
		return t, refuse(Mixed, "another bundle of version %d has been taken: build it anew under a number of its own", m.Version)
	case !m.Expires.After(now):
		return t, refuse(Expired, "it could be taken until %s, and the clock of this machine says %s: if the clock is wrong, set it, else build the bundle anew",
			m.Expires.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case !m.Expires.After(t.Seen):
		return t, refuse(Frozen, "it could be taken until %s, which is past, although the clock of this machine says %s: set the clock, and fetch the newest bundle",
			m.Expires.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	t.Root, t.Version, t.ID = root, m.Version, b.ID()
	if m.Created.After(t.Seen) {
		t.Seen = m.Created
	}
	return t, nil
}
