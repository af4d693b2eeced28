package cart

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

const (
	maxBody    = 8 << 10
	partHeader = "X-Mirrorcart-Part" // by which the page's script shows itself
)

// asker is what a request is answered with: the page's script takes HTML, a
// mini program JSON, and a form without script is sent back to the page.
type asker int

const (
	byForm asker = iota
	byScript
	byProgram
)

func askerOf(c *gin.Context) asker {
	switch {
	case c.GetHeader(partHeader) != "":
		return byScript
	case c.Request.Method == http.MethodPost && c.ContentType() != "application/json":
		return byForm
	}
	return byProgram
}

// act does what a phone asks for, and answers with the cart as it is then.
func (p *Pages) act(c *gin.Context, do func(ctx context.Context, v *visit) error) {
	ctx := c.Request.Context()
	privately(c.Writer.Header())
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if fromElsewhere(c.Request.Header) {
		p.refuse(c, edge.Errorf("cart.act", edge.Forbidden, "a form of another site"), changeProblem)
		return
	}
	v, err := p.visit(c, false)
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	if err := do(ctx, v); err != nil {
		p.refuse(c, err, changeProblem)
		return
	}
	if askerOf(c) == byForm {
		// Relative, so that it holds below any public address.
		up := strings.Repeat("../", strings.Count(strings.TrimPrefix(c.FullPath(), "/"), "/")-1)
		c.Header("Location", up+v.token+"?lang="+v.lang)
		c.Status(http.StatusSeeOther)
		return
	}
	if err := p.answer(c, v); err != nil {
		p.refuse(c, err, changeProblem)
	}
}

// answer gives the cart as it is now, in the asker's form.
func (p *Pages) answer(c *gin.Context, v *visit) error {
	if err := p.again(c.Request.Context(), v); err != nil {
		return err
	}
	if askerOf(c) == byScript {
		fragment, err := p.fragment(c.Request.Context(), v)
		if err != nil {
			return err
		}
		c.Data(http.StatusOK, "text/html; charset=utf-8", fragment)
		return nil
	}
	content, err := p.content(c.Request.Context(), v)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, content)
	return nil
}

// cartJSON is the cart for mini programs. One that has it already, by its
// version, is told so in few bytes.
func (p *Pages) cartJSON(c *gin.Context) {
	privately(c.Writer.Header())
	v, err := p.visit(c, !fetchedAhead(c.Request.Header))
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	content, err := p.content(c.Request.Context(), v)
	if err != nil {
		p.refuse(c, err, openingProblem)
		return
	}
	tag := `"` + content.Version + `"`
	c.Header("ETag", tag)
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return
	}
	c.JSON(http.StatusOK, content)
}

// refuse answers with what went wrong, in the asker's form.
func (p *Pages) refuse(c *gin.Context, err error, says wording) {
	kind := p.report(c, err)
	lang := langOf(c)
	if wrong, ok := errors.AsType[*edge.ContactError](err); ok {
		says = fieldProblem(wrong.Field)
	}
	if askerOf(c) == byForm {
		p.problemPage(c, lang, kind, says)
		return
	}
	problem := says(lang, kind)
	c.JSON(api.Status(kind), gin.H{"error": gin.H{"kind": kind, "message": problem.Title + " " + problem.Text}})
}

// fromElsewhere reports whether another site's page sends this. Browsers say
// so; a mini program shows that it is no such page by its own header, which a
// page may send only after asking.
func fromElsewhere(h http.Header) bool {
	return h.Get("Sec-Fetch-Site") == "cross-site" && h.Get(PhoneHeader) == ""
}

// read reads a request's body: JSON, or a form whose fields have its names.
func read[T any](c *gin.Context) (body T, err error) {
	if c.ContentType() != "application/json" {
		err = c.ShouldBindWith(&body, binding.FormPost)
	} else {
		d := json.NewDecoder(c.Request.Body)
		d.DisallowUnknownFields()
		if err = d.Decode(&body); err == nil {
			if _, more := d.Token(); !errors.Is(more, io.EOF) {
				err = errors.New("something follows the body")
			}
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return body, edge.Errorf("cart.read", edge.TooLarge, "more than %d bytes", maxBody)
	}
	if err != nil {
		return body, &edge.Error{Op: "cart.read", Kind: edge.Invalid, Msg: "the body is not as described", Err: err}
	}
	return body, nil
}
