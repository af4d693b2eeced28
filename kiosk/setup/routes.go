package setup

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// Limits of what the page may send.
const (
	maxDetail = 200 // bytes
	maxName   = 60
)

// Path is what the cookie of whoever may set up is for.
const Path = "/setup"

const kioskKey = "setup_kiosk"

// Register adds the page and its routes as one of the kiosks serves them. All but
// the page and the way in want the cookie.
func (s *Setup) Register(e *gin.Engine, kiosk string, page gin.HandlerFunc) {
	e.GET(Path, page)
	g := e.Group(Path+"/v1", func(c *gin.Context) { c.Set(kioskKey, kiosk) })
	g.POST("/enter", s.enter)
	in := g.Group("", s.require)
	in.GET("", s.get)
	in.PUT("/language", s.putLanguage)
	in.POST("/claim", s.postClaim)
	in.POST("/network", s.postNetwork)
	in.PUT("/settings", s.putSettings)
	in.POST("/print", s.postPrint)
	in.POST("/sale", s.postSale)
	in.PUT("/steps/:step", s.putStep)
	in.POST("/sign", s.postSign)
}

func (s *Setup) require(c *gin.Context) {
	ok, err := s.cfg.Door.Enrolled(c.Request)
	if err == nil && !ok {
		err = edge.Errorf("setup", edge.Unauthorized, "show the code first: `edge setup` on the gateway prints one")
	}
	if err != nil {
		s.cfg.Fail(c, err)
	}
}

func (s *Setup) enter(c *gin.Context) {
	var in struct {
		Code string `json:"code"`
	}
	if err := api.Bind(c, &in); err != nil {
		s.cfg.Fail(c, err)
		return
	}
	cookie, err := s.cfg.Door.Enrol(strings.ReplaceAll(in.Code, "-", ""), c.Request.TLS != nil)
	if err != nil {
		s.cfg.Fail(c, err)
		return
	}
	http.SetCookie(c.Writer, cookie)
	c.Status(http.StatusNoContent)
}

type view struct {
	Run        string          `json:"run"`
	Node       string          `json:"node"`
	Kiosk      string          `json:"kiosk"` // whose page asks
	Kiosks     []string        `json:"kiosks"`
	Claimed    bool            `json:"claimed"`
	Language   string          `json:"language"`
	Technician string          `json:"technician"`
	Steps      []Step          `json:"steps"`
	Results    map[Step]Result `json:"results"`
	Settings   Settings        `json:"settings"`
	Choices    Choices         `json:"choices"`
	Sale       *TestSale       `json:"sale"`
	Signed     *time.Time      `json:"signed"`
}

// get sends where everything stands, and sees whether the sale is confirmed by now.
func (s *Setup) get(c *gin.Context) {
	if err := s.settle(c); err != nil {
		s.cfg.Fail(c, err)
		return
	}
	s.answer(c)
}

func (s *Setup) answer(c *gin.Context) {
	s.mu.Lock()
	st := s.state
	st.Results = maps.Clone(st.Results)
	s.mu.Unlock()
	kiosk := c.GetString(kioskKey)
	v := view{
		Run: s.cfg.Run, Language: st.Language, Technician: st.Technician, Steps: s.steps, Results: st.Results, Kiosk: kiosk, Kiosks: s.cfg.Kiosks,
		Settings: s.cfg.Machine.Settings(kiosk), Choices: s.cfg.Machine.Choices(kiosk), Sale: st.Sale,
	}
	v.Node, v.Claimed = s.cfg.Machine.Node()
	if !st.Signed.IsZero() {
		v.Signed = &st.Signed
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, v)
}

// done answers with where everything stands, or with the error.
func (s *Setup) done(c *gin.Context, err error) {
	if err != nil {
		s.cfg.Fail(c, err)
		return
	}
	s.answer(c)
}

func (s *Setup) putLanguage(c *gin.Context) {
	var in struct {
		Language string `json:"language"`
	}
	err := api.Bind(c, &in)
	if err == nil && in.Language != "vi" && in.Language != "en" && in.Language != "zh" {
		err = edge.Errorf("setup.language", edge.Invalid, "language %.10q: want vi, en or zh", in.Language)
	}
	if err == nil {
		err = s.change(func(st *state) { st.Language = in.Language })
	}
	s.done(c, err)
}

func (s *Setup) postClaim(c *gin.Context) {
	var in struct {
		Code string `json:"code"`
	}
	err := api.Bind(c, &in)
	if err == nil {
		err = s.cfg.Machine.Claim(c.Request.Context(), in.Code)
	}
	if err == nil {
		node, _ := s.cfg.Machine.Node()
		err = s.end(Claim, Passed, node)
	}
	s.done(c, err)
}

// postNetwork looks at the whole machine, and passes if nothing is wrong.
func (s *Setup) postNetwork(c *gin.Context) {
	list, err := s.cfg.Machine.Check(c.Request.Context())
	if err != nil {
		s.cfg.Fail(c, err)
		return
	}
	list = append([]Finding{}, list...) // never null
	how, bad := Passed, 0
	for _, f := range list {
		if !f.OK {
			how = Failed
			bad++
		}
	}
	if err := s.end(Network, how, fmt.Sprintf("%d/%d", len(list)-bad, len(list))); err != nil {
		s.cfg.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"findings": list})
}

func (s *Setup) putSettings(c *gin.Context) {
	var in Settings
	err := api.Bind(c, &in)
	if err == nil {
		err = s.cfg.Machine.Change(c.GetString(kioskKey), in)
	}
	s.done(c, err)
}

func (s *Setup) postPrint(c *gin.Context) {
	s.done(c, s.cfg.Machine.Test(c.Request.Context(), s.language()))
}

func (s *Setup) postSale(c *gin.Context) {
	var in struct {
		Technician string `json:"technician"`
	}
	err := api.Bind(c, &in)
	if err == nil {
		err = checkName(in.Technician)
	}
	if err != nil {
		s.cfg.Fail(c, err)
		return
	}
	sale, err := s.cfg.Machine.Sell(c.Request.Context(), in.Technician)
	if err == nil {
		err = s.change(func(st *state) {
			st.Sale, st.Technician, st.Signed = sale, in.Technician, time.Time{}
			delete(st.Results, Sale)
		})
	}
	s.done(c, err)
}

// settle ends the step of the sale once headquarters has it.
func (s *Setup) settle(c *gin.Context) error {
	s.mu.Lock()
	sale := s.state.Sale
	_, ended := s.state.Results[Sale]
	s.mu.Unlock()
	if sale == nil || ended {
		return nil
	}
	ok, err := s.cfg.Machine.Confirmed(c.Request.Context(), sale)
	if err != nil || !ok {
		return err
	}
	return s.end(Sale, Passed, fmt.Sprintf("%s, %s", sale.Sale, sale.Void))
}

// putStep takes the word of whoever looked: of camera, touch, colour, scale and
// printer that they are well, of every step that it is skipped.
func (s *Setup) putStep(c *gin.Context) {
	const op = "setup.step"
	var in struct {
		Outcome Outcome `json:"outcome"`
		Detail  string  `json:"detail"`
	}
	step := Step(c.Param("step"))
	what, kiosk := step.Parts()
	_, claimed := s.cfg.Machine.Node()
	err := api.Bind(c, &in)
	switch {
	case err != nil:
	case !slices.Contains(s.steps, step):
		err = edge.Errorf(op, edge.NotFound, "there is no step %.20q", step)
	case in.Outcome != Passed && in.Outcome != Failed && in.Outcome != Skipped:
		err = edge.Errorf(op, edge.Invalid, "outcome %.20q: want passed, failed or skipped", in.Outcome)
	case in.Outcome != Skipped && s.elsewhere(what, kiosk, c.GetString(kioskKey)):
		err = edge.Errorf(op, edge.Conflict, "%s is done at the screen of kiosk %s: open %s there", what, cmp.Or(kiosk, s.cfg.Kiosks[0]), Path)
	case in.Outcome == Passed && (step == Claim && !claimed || step == Network || step == Sale):
		err = edge.Errorf(op, edge.Invalid, "%s passes by being done, not by being said", step)
	case len(in.Detail) > maxDetail || !printable(in.Detail):
		err = edge.Errorf(op, edge.Invalid, "detail: want at most %d bytes of plain text", maxDetail)
	default:
		err = s.end(step, in.Outcome, in.Detail)
	}
	s.done(c, err)
}

// elsewhere reports whether a step is done at another kiosk's screen than here.
func (s *Setup) elsewhere(what Step, kiosk, here string) bool {
	return slices.Contains([]Step{Camera, Touch, Colour, Scale}, what) && cmp.Or(kiosk, s.cfg.Kiosks[0]) != here
}

// postSign ends installation day, if every step has ended.
func (s *Setup) postSign(c *gin.Context) {
	const op = "setup.sign"
	var in struct {
		Technician string `json:"technician"`
	}
	err := api.Bind(c, &in)
	if err == nil {
		err = checkName(in.Technician)
	}
	s.mu.Lock()
	results := maps.Clone(s.state.Results)
	s.mu.Unlock()
	for _, step := range s.steps {
		if _, ended := results[step]; err == nil && !ended {
			err = edge.Errorf(op, edge.Conflict, "the step %s has not been done: do it or skip it", step)
		}
	}
	if err == nil {
		err = s.change(func(st *state) { st.Technician, st.Signed = in.Technician, s.cfg.Now().UTC() })
	}
	var r *Report
	if err == nil {
		r, err = s.Report()
	}
	if err == nil {
		err = s.cfg.Machine.SignOff(c.Request.Context(), r, s.language())
	}
	s.done(c, err)
}

func (s *Setup) language() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Language
}

func checkName(name string) error {
	if strings.TrimSpace(name) == "" || len(name) > maxName || !printable(name) {
		return edge.Errorf("setup", edge.Invalid, "technician: want a name of at most %d bytes", maxName)
	}
	return nil
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) < 0
}
