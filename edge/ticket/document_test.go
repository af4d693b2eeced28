package ticket

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mirrorcart/mirrorcart/edge"
)

func TestEveryDocumentDraws(t *testing.T) {
	for _, paper := range []Paper{Paper58, Paper80} {
		p := press(t, paper)
		for name, doc := range samples() {
			for _, lang := range []string{"vi", "en", "zh"} {
				t.Run(fmt.Sprintf("%s %d %s", name, paper, lang), func(t *testing.T) {
					r, err := p.Draw(doc, Form{Lang: lang})
					require.NoError(t, err)
					require.Equal(t, int(paper), r.Bounds().Dx())
					require.Zero(t, r.Bounds().Dy()%8)
					require.Greater(t, ink(r), 3000, "something is on the paper")

					copied, err := p.Draw(doc, Form{Lang: lang, Copy: true})
					require.NoError(t, err)
					require.Greater(t, copied.Bounds().Dy(), r.Bounds().Dy()+40, "a copy says so, above everything")
					code, ok := map[string]string{"cart": link(235), "order": link(235), "receipt": sampleSale().Receipt.String()}[name]
					if !ok {
						return
					}
					read, err := ReadBack(r)
					require.NoError(t, err)
					require.Equal(t, code, read)
					var picture bytes.Buffer
					require.NoError(t, r.WritePNG(&picture))
					require.Equal(t, code, zbar(t, picture.Bytes()))
				})
			}
		}
	}
}

// ink counts the black dots.
func ink(r *Raster) (n int) {
	for y := range r.height {
		for x := range r.width {
			if r.Black(x, y) {
				n++
			}
		}
	}
	return n
}

func TestEveryWordIsThereInEveryLanguage(t *testing.T) {
	p := press(t, Paper80)
	for lang, w := range glossary {
		all := fmt.Sprintf("%q", w)
		require.NotContains(t, all, `""`, "a word is missing in %s", lang)
		require.False(t, p.Fonts.Lacks(all), "no font draws a word in %s", lang)
		require.True(t, Knows(lang))
	}
	require.False(t, Knows("fr"))
}

func TestOrderSlipSaysHowItStands(t *testing.T) {
	p := press(t, Paper80)
	draw := func(state edge.OrderState, lang string) *Raster {
		order := samples()["order"].(Order)
		order.State = state
		r, err := p.Draw(order, Form{Lang: lang})
		require.NoError(t, err)
		return r
	}
	for lang := range glossary {
		bare := draw("", lang)
		for _, state := range edge.OrderStates() {
			says := state.Says().In(lang)
			require.False(t, p.Fonts.Lacks(says), "no font draws %s", says)
			require.Greater(t, draw(state, lang).Bounds().Dy(), bare.Bounds().Dy()+20, "nothing is told of %s in %s", state, lang)
		}
	}
}

// drawn is a picture of text alone.
func drawn(t *testing.T, text string, st style) *Raster {
	s := newSheet(Paper80, "vi", press(t, Paper80).Fonts)
	s.text(text, st, left)
	r, err := s.print()
	require.NoError(t, err)
	return r
}

func TestMarksStandWhereTheyBelong(t *testing.T) {
	for _, st := range []style{small, plain, bold, title, large} {
		require.Equal(t, drawn(t, "Nguyễn Ẫ ợ", st), drawn(t, "Nguye\u0302\u0303n A\u0302\u0303 o\u031b\u0323", st), "composed or not, Vietnamese looks the same")
	}
	s := newSheet(Paper80, "vi", press(t, Paper80).Fonts)
	bare, marked := s.lines("นา", plain, s.width()), s.lines("น้ำ", plain, s.width())
	require.Len(t, marked, 1)
	require.Equal(t, bare[0].width, marked[0].width, "Thai marks stand above their letter and take no room beside it")
	require.Greater(t, ink(drawn(t, "น้ำ", plain)), ink(drawn(t, "นา", plain)))
}

func TestTextBreaksBetweenWordsAndFits(t *testing.T) {
	s := newSheet(Paper58, "vi", press(t, Paper58).Fonts)
	for _, text := range []string{
		"Kính mát gọng tròn kim loại phủ chống phản quang màu đen bóng",
		strings.Repeat("W", 200), strings.Repeat("唇", 100), "ลิปสติกเนื้อแมตต์ติดทนนานสีแดงอิฐสำหรับทุกโอกาส",
		"tab\tand\nnew line", strings.Repeat("dài ", 400),
	} {
		set := s.lines(text, plain, s.width())
		require.NotEmpty(t, set)
		for i := range set {
			require.LessOrEqual(t, set[i].width, s.width(), text)
		}
	}
	require.Len(t, s.lines("Son lì Nắng Mai", plain, s.width()), 1)
	require.Empty(t, s.lines(" \n ", plain, s.width()))
	s.pair("A long caption that takes more than one line", "1.608.000 ₫", plain)
	s.pair("Short", strings.Repeat("value ", 20), plain)
	s.pair("", "8812", small)
	_, err := s.print()
	require.NoError(t, err)
}

func TestTheLongestCartFitsATicket(t *testing.T) {
	sale := sampleSale()
	for len(sale.Lines) < 4*edge.MaxLines {
		sale.Lines = append(sale.Lines, sampleLines()[1])
	}
	_, err := press(t, Paper58).Draw(Receipt{sale}, Form{Lang: "vi"})
	require.NoError(t, err)
	for range 3 {
		sale.Lines = append(sale.Lines, sale.Lines...)
	}
	_, err = press(t, Paper58).Draw(Receipt{sale}, Form{Lang: "vi"})
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
	_, err = press(t, Paper58).Draw(Cart{Link: &edge.Link{URL: strings.Repeat("x", 400)}}, Form{})
	require.Equal(t, edge.TooLarge, edge.KindOf(err))
}

func TestWithoutAFontOfTheSystem(t *testing.T) {
	f, err := NewFonts([]string{"/nowhere.ttf", "text.go"}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.False(t, f.Lacks("Nguyễn น้ำ 199.000 ₫ × · – “”"))
	require.True(t, f.Lacks("口红"))
	p := press(t, Paper80)
	p.Fonts = f
	_, err = p.Draw(Receipt{sampleSale()}, Form{Lang: "zh"})
	require.NoError(t, err, "it prints all the same, with boxes")
}

func TestRates(t *testing.T) {
	require.Equal(t, []edge.ZRate{{Rate: 800, Amount: 718000, VAT: 53185}, {Rate: 1000, Amount: 890000, VAT: 80909}}, ratesOf(sampleLines()))
	for rate, want := range map[edge.BasisPoints]string{0: "0%", 800: "8%", 1000: "10%", 550: "5.5%", 725: "7.25%"} {
		require.Equal(t, want, percent(rate))
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"Nguyễn", "口红", "น้ำ", "\u0301\u0301", "a\u200d\u202eb", "😀", "\x00\xff", "Bў\xf1\x1d", "a\u2029b"} {
		f.Add(s)
	}
	fonts := press(f, Paper58).Fonts
	f.Fuzz(func(t *testing.T, text string) {
		s := newSheet(Paper58, "vi", fonts)
		s.text(text, plain, centre)
		s.pair(text, text, bold)
		_, err := s.print()
		require.NoError(t, err)
	})
}

type brokenDocument struct{}

func (brokenDocument) lay(*sheet, *Shop) { panic("boom") }

func TestADocumentThatBreaksTheShaperIsAnError(t *testing.T) {
	_, err := press(t, Paper58).Draw(brokenDocument{}, Form{})
	require.Equal(t, edge.Internal, edge.KindOf(err))
}

func BenchmarkReceipt(b *testing.B) {
	p := press(b, Paper80)
	doc := Receipt{sampleSale()}
	for b.Loop() {
		r, err := p.Draw(doc, Form{Lang: "vi"})
		require.NoError(b, err)
		r.AppendESCPOS(nil)
	}
}

// Money is whole on the narrow paper as well: what does not fit beside comes below.
func TestNarrowRowKeepsItsDigits(t *testing.T) {
	s := newSheet(Paper58, "vi", press(t, Paper58).Fonts)
	height := func(cells ...string) int {
		before := s.height
		s.row(small, cells...)
		return s.height - before
	}
	one := height("Tiền mặt", "10 ₫", "9 ₫")
	require.Equal(t, one, height("8%", "1 ₫", "0 ₫"))
	require.Equal(t, 2*one, height("Tiền mặt", "1.188.042.000 ₫", "329.000 ₫"))
	require.Len(t, s.lines("1.188.042.000 ₫", small, s.width()/2), 1, "a share of the second line is wide enough")
}
