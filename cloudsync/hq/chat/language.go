package chat

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
)

// languageOf is the language to answer in: the one that the app says the person
// uses, else that of what was written, else the one before, else Vietnamese.
func languageOf(m *Message, before string) string {
	if tag, err := language.Parse(m.Lang); err == nil && m.Lang != "" {
		_, i, confidence := language.NewMatcher([]language.Tag{
			language.English, language.Vietnamese, language.SimplifiedChinese, language.TraditionalChinese,
		}).Match(tag)
		if confidence == language.No { // of another one most people read English
			return "en"
		}
		return []string{"en", "vi", "zh", "zh"}[i]
	}
	if found := scriptOf(m.Text); found != "" {
		return found
	}
	if before != "" {
		return before
	}
	return "vi"
}

// scriptOf tells a text's language by its letters and commonest words; "" where
// they do not tell.
func scriptOf(text string) string {
	const onlyVietnamese = "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.Is(unicode.Han, r):
			return "zh"
		case strings.ContainsRune(onlyVietnamese, r):
			return "vi"
		}
	}
	// Vietnamese without its accents has none of these words.
	english := []string{"the", "is", "are", "how", "much", "what", "when", "where", "hello", "please", "price", "open", "hours", "stock", "thanks", "thank", "you", "your", "staff", "have", "lipstick"}
	if slices.ContainsFunc(strings.Fields(fold(text)), func(w string) bool { return slices.Contains(english, w) }) {
		return "en"
	}
	return ""
}
