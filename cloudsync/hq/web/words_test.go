package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/cloudsync"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/account"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/audit"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/hqtest"
	"github.com/mirrorcart/mirrorcart/cloudsync/hq/rollout"
	"github.com/mirrorcart/mirrorcart/edge"
)

// Every name that a page uses is in the glossary, in three languages with the
// same gaps to fill, and the glossary has none that is not used.
func TestGlossary(t *testing.T) {
	g, err := readGlossary()
	require.NoError(t, err)
	used := map[string]bool{}
	literal := regexp.MustCompile(`\bT\(?\s?"(\w+)"`)
	sources, err := fs.Glob(os.DirFS("."), "*.[gh][ot]*")
	require.NoError(t, err)
	var text strings.Builder
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		text.Write(b)
		for _, m := range literal.FindAllStringSubmatch(string(b), -1) {
			require.Contains(t, g, m[1], name)
			used[m[1]] = true
		}
	}
	for _, name := range []string{hq.PullDigest, hq.PullSnapshot, hq.PullDiagnostics, hq.PullComparing, hq.PullSending} {
		require.Contains(t, g, "pull_"+name)
	}
	for _, kind := range []string{
		string(hq.IncidentGap), string(hq.IncidentMismatch), string(hq.IncidentDiverged), string(hq.IncidentClone), string(hq.IncidentRestored),
		string(audit.ReceiptTwice), string(audit.ZGap), string(audit.ZOverlap), string(audit.ZDiffers), string(audit.UnknownSale), string(audit.ReversedTwice), string(audit.RefundedOver),
	} {
		require.Contains(t, g, "k_"+kind)
		require.Contains(t, g, "k_"+kind+"_means")
	}
	require.Contains(t, g, "k_event")
	for _, kind := range hq.FlawKinds() {
		require.Contains(t, g, "k_event_"+string(kind))
	}
	for _, s := range edge.OrderStates() {
		require.Contains(t, g, "o_"+string(s))
		require.True(t, s == edge.OrderDraft || len(g["do_"+string(s)][0]) > 0, "nobody can bring an order to %s", s)
	}
	for _, s := range odd() {
		require.Contains(t, g, "c_"+string(s))
	}
	for _, wish := range []edge.OrderWish{edge.WishCancel, edge.WishChange} {
		require.Contains(t, g, "wish_"+string(wish))
	}
	for _, terms := range []edge.OrderTerms{edge.PayDeposit, edge.PayFull, edge.PayOnReceipt} {
		require.Contains(t, g, "terms_"+string(terms))
	}
	for _, r := range account.Roles() {
		require.Contains(t, g, "r_"+string(r))
		require.Contains(t, g, "r_"+string(r)+"_may")
	}
	for _, s := range append(cloudsync.BundleStates(), rollout.Told) {
		require.True(t, s == cloudsync.BundleNone || s == cloudsync.BundleCommitted || len(g["bs_"+string(s)][0]) > 0, "%s has no name", s)
	}
	for _, s := range []rollout.State{rollout.Running, rollout.Paused, rollout.Stopped, rollout.Done} {
		require.Contains(t, g, "ro_"+string(s))
	}
	for _, why := range hq.DeletionReasons() {
		require.Contains(t, g, "why_"+string(why))
	}
	gap := regexp.MustCompile(`%(\[\d\])?[a-z%]`)
	for name, texts := range g {
		byName := regexp.MustCompile(`^(k|op|st|pull|part|o|do|by|way|c|terms|wish|r|a|bs|ro|why)_`).MatchString(name)
		require.True(t, byName || used[name] || strings.Contains(text.String(), `"`+name+`"`), "%s is not used", name)
		for _, other := range texts {
			require.NotEmpty(t, other, name)
			require.ElementsMatch(t, gap.FindAllString(texts[0], -1), gap.FindAllString(other, -1), name)
		}
	}
}

func TestPagesAreLight(t *testing.T) {
	a := newApp(t)
	const shops, each = 60, 3
	for n := range shops {
		g := hqtest.NewGateway(t, a.HQ, fmt.Sprintf("gw-%d", n), fmt.Sprintf("shop-%d", n))
		for range each {
			g.Sell(noon, int64(10000*n+2))
			g.Event(noon, fmt.Sprintf("unknown.%d", n), struct{}{})
		}
	}
	for _, target := range []string{"/", "/sales?period=week", "/shops/shop-1", "/incidents"} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		page := a.page(target)
		_, err := z.Write([]byte(page))
		require.NoError(t, err)
		require.NoError(t, z.Close())
		require.Less(t, b.Len(), 60<<10, target)
		require.NotRegexp(t, `(src|href|action)="(https?:)?//`, page, "nothing comes from elsewhere")
		require.NotRegexp(t, `\s(style|on\w+)=`, page, "the policy would stop it")
	}
}
