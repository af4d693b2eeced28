package cart

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the mini programs say too, they say in the page's words.
func TestMiniProgramsSpeakLikeThePage(t *testing.T) {
	js, err := os.ReadFile("miniapp/wechat/live/words.js")
	require.NoError(t, err)
	said := map[string]bool{}
	for _, quoted := range regexp.MustCompile(`'([^'\n]*)'|"([^"\n]*)"`).FindAllStringSubmatch(string(js), -1) {
		said[quoted[1]+quoted[2]] = true
	}
	for _, lang := range []string{"vi", "en", "zh"} {
		w := wordsIn(lang)
		for _, word := range []string{
			w.Title, w.One, w.Many, w.Total, w.Empty, w.Fewer, w.More, w.Remove, w.NoPrice, w.SumOpen,
			w.Paid, w.PaidText, w.Receipt, w.Later, w.NoSale, w.Live, w.Waiting, w.Failed, w.Down,
			w.Elsewhere, w.LookOnly, w.AskIn, w.Asking, w.Refused, w.Wants, w.WantsText, w.LetIn, w.KeepOut,
		} {
			require.True(t, said[word], "%s: the mini programs do not say %q", lang, word)
		}
	}
}
