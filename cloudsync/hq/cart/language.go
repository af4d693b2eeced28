package cart

import (
	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
)

// langOf is the page's language: asked for in the address, else the phone's,
// else Vietnamese.
func langOf(c *gin.Context) string {
	switch l := c.Query("lang"); l {
	case "vi", "en", "zh":
		return l
	}
	tags, _, _ := language.ParseAcceptLanguage(c.GetHeader("Accept-Language")) // a broken header wants nothing
	_, i, _ := language.NewMatcher([]language.Tag{
		language.Vietnamese, language.English, language.SimplifiedChinese, language.TraditionalChinese,
	}).Match(tags...)
	return []string{"vi", "en", "zh", "zh"}[i]
}
