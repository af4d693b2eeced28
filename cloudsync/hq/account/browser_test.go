package account

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever knows a name can lock strangers out of it, and not its owner in a browser
// that is known.
func TestNobodyIsLockedOutByStrangers(t *testing.T) {
	o := newOffice(t)
	password := o.add("lan", Operator)
	own := o.signsInWith("lan", password, "").Browser
	require.NotEmpty(t, own)
	require.NotContains(t, o.stored("account_browser", "account"), own)
	for range 10 {
		for range maxWrong {
			o.refuses("lan", "guessed")
		}
		require.Equal(t, own, o.signsInWith("lan", password, own).Browser, "it is ours, and stays")
		o.refuses("lan", password) // is still locked for strangers: the owner gave them no new tries
		o.refusesWith("lan", password, "made up")
		o.clock.Advance(lockedFor)
	}
	require.Equal(t, 10, strings.Count(o.stored("act", "what"), "sign-in.locked"))
	const chosen = "chợ sớm mưa rào"
	for range maxWrong {
		o.refuses("lan", "guessed")
	}
	require.NoError(t, o.ChangePassword(t.Context(), "lan", password, chosen, own), "nor is the page for a new password in their hands")
	o.signsInWith("lan", chosen, own)
}

// A browser that is known is no way to guess: it has five tries, of one name.
func TestAKnownBrowserGuessesNoPasswords(t *testing.T) {
	o := newOffice(t)
	password, other := o.add("lan", Operator), o.add("hoa", Admin)
	stolen := o.signsInWith("lan", password, "").Browser
	for range maxWrong - 1 {
		o.refusesWith("lan", "guessed", stolen)
	}
	o.signsInWith("lan", password, stolen) // begins the count anew
	for range maxWrong {
		o.refuses("lan", "guessed") // locks it for strangers
	}
	for range maxWrong {
		o.refusesWith("lan", "guessed", stolen)
	}
	o.refusesWith("lan", password, stolen)
	require.Equal(t, 1, strings.Count(o.stored("act", "what"), "sign-in.browser"))
	o.clock.Advance(lockedFor)
	for range maxWrong {
		o.refusesWith("lan", "guessed", stolen)
	}
	o.refusesWith("lan", password, stolen)
	require.Equal(t, 2, strings.Count(o.stored("act", "what"), "sign-in.locked"), "as anybody's")

	for range maxWrong {
		o.refusesWith("hoa", "guessed", stolen)
	}
	o.refusesWith("hoa", other, stolen)
}

func TestBrowsersAreForgotten(t *testing.T) {
	o := newOffice(t)
	lan, hoa := o.add("lan", Operator), o.add("hoa", Admin)
	shared := o.signsInWith("lan", lan, "").Browser
	require.Equal(t, shared, o.signsInWith("hoa", hoa, shared).Browser, "two people use it")
	require.NotEqual(t, "planted", o.signsInWith("hoa", hoa, "planted").Browser)
	known := func(name, password, browser string) bool {
		for range maxWrong {
			o.refuses(name, "guessed")
		}
		_, err := o.SignIn(t.Context(), name, password, browser)
		o.clock.Advance(lockedFor)
		return err == nil
	}
	require.True(t, known("lan", lan, shared))
	require.True(t, known("hoa", hoa, shared))
	require.NoError(t, o.SetActive(t.Context(), "hoa", "lan", false))
	require.NoError(t, o.SetActive(t.Context(), "hoa", "lan", true))
	require.False(t, known("lan", lan, shared), "it was closed in between")

	o.clock.Advance(BrowserLife - 3*lockedFor)
	require.True(t, known("hoa", hoa, shared))
	for range maxBrowsers {
		o.clock.Advance(time.Second)
		o.signsIn("hoa", hoa)
	}
	require.False(t, known("hoa", hoa, shared), "so many others came after it")
	fresh := o.signsInWith("hoa", hoa, "").Browser
	require.Equal(t, maxBrowsers, strings.Count(o.stored("account_browser", "account"), "hoa"))
	o.clock.Advance(BrowserLife)
	require.False(t, known("hoa", hoa, fresh))
	o.signsIn("hoa", hoa)
	require.Equal(t, 1, strings.Count(o.stored("account_browser", "account"), "hoa"))
}
