// Package setup is installation day: the page on which one technician makes a
// machine in a shop into its gateway, step by step, each of which can be done
// again. It ends with a sheet to sign.
//
// The steps' outcomes are kept, so that a restart, a lost line or a night in
// between loses none of them.
package setup

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Step is something to be done on installation day.
type Step string

// The steps, in the order in which they are done.
const (
	Claim   Step = "claim"   // headquarters knows this machine
	Network Step = "network" // broker, headquarters, clock
	Camera  Step = "camera"  // which, and how it hangs
	Touch   Step = "touch"   // the screen feels fingers where they are
	Colour  Step = "colour"  // a grey card is grey
	Scale   Step = "scale"   // a bank card has its millimetres
	Printer Step = "printer"
	Sale    Step = "sale" // a sale and its void, confirmed by headquarters
)

// At is the step at a kiosk beside the first, whose steps go by their bare names.
func (s Step) At(kiosk string) Step { return s + Step("."+kiosk) }

// Parts are what is done, and at which kiosk; empty for the first, or where it does
// not matter.
func (s Step) Parts() (what Step, kiosk string) {
	name, kiosk, _ := strings.Cut(string(s), ".")
	return Step(name), kiosk
}

// steps lists them all: what a kiosk is looked at for is done at each.
func steps(kiosks []string) []Step {
	list := []Step{Claim, Network, Camera, Touch, Colour, Scale}
	for _, k := range kiosks[1:] {
		list = append(list, Camera.At(k), Touch.At(k), Colour.At(k), Scale.At(k))
	}
	return append(list, Printer, Sale)
}

// Outcome is how a step ended.
type Outcome string

// The outcomes. A skipped step stands on the sheet as not done.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Result is what came of a step.
type Result struct {
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail"` // figures and names, the same in all languages
	At      time.Time `json:"at"`
}

// Settings are what the pages change.
type Settings struct {
	Camera  CameraSettings  `json:"camera"`
	Printer PrinterSettings `json:"printer"`
}

// CameraSettings are a camera's.
type CameraSettings struct {
	Source       string `json:"source"`
	Rotate       int    `json:"rotate"` // degrees clockwise
	Mirror       bool   `json:"mirror"`
	FOV          int    `json:"fov"`           // from corner to corner, degrees; 0 if unknown
	WhiteBalance string `json:"white_balance"` // kelvin, auto, or empty to leave it as it is
}

// PrinterSettings are a printer's.
type PrinterSettings struct {
	Address string `json:"address"`
	Width   int    `json:"width"` // of the paper, mm
}

// Choices are what hangs on the machine.
type Choices struct {
	Cameras  []string `json:"cameras"`
	Printers []string `json:"printers"`
}

// Finding is one thing that was looked at.
type Finding struct {
	Part    string `json:"part"`
	OK      bool   `json:"ok"`
	Warns   bool   `json:"warns"`   // it will do for now
	Message string `json:"message"` // what was seen; or what is wrong, and how to mend it
}

// TestSale is a sale that was made and cancelled at once.
type TestSale struct {
	Sale  edge.Receipt `json:"sale"`
	Void  edge.Receipt `json:"void"`
	Total edge.Money   `json:"total"`
	Epoch string       `json:"epoch"` // of the ledger
	Seq   uint64       `json:"seq"`   // of the void in the lane of sales
	At    time.Time    `json:"at"`
}

// Report is what is signed.
type Report struct {
	Node       string
	Technician string
	Steps      []Step // in the order in which they are done
	Results    map[Step]Result
	At         time.Time
}

// Machine is what is set up. Its errors are edge.Errors where whoever installs it
// can mend them.
type Machine interface {
	// Node is the machine's name, and whether headquarters has given it a
	// certificate.
	Node() (name string, claimed bool)
	Claim(ctx context.Context, code string) error
	Check(ctx context.Context) ([]Finding, error)
	// Settings are those of a kiosk.
	Settings(kiosk string) Settings
	Choices(kiosk string) Choices
	// Change keeps a kiosk's settings, and restarts the gateway with them soon after.
	Change(kiosk string, s Settings) error
	// Test prints a test ticket.
	Test(ctx context.Context, language string) error
	// Sell sells one article and voids it.
	Sell(ctx context.Context, staff string) (*TestSale, error)
	// Confirmed reports whether headquarters has all of the sale.
	Confirmed(ctx context.Context, s *TestSale) (bool, error)
	// SignOff records who signed, and prints the report that Setup has by now.
	SignOff(ctx context.Context, r *Report, language string) error
}

// Door knows who may set the machine up.
type Door interface {
	Enrol(code string, secure bool) (*http.Cookie, error)
	Enrolled(r *http.Request) (bool, error)
}

// Config is what a Setup is made of.
type Config struct {
	Machine Machine
	Kiosks  []string // their names, one at least; the first is the machine's own
	Door    Door
	// Load gives what Save kept last; nothing where that is nothing yet.
	Load func() ([]byte, error)
	Save func([]byte) error
	Fail func(c *gin.Context, err error)
	Run  string // of the gateway, a name that changes with each
	Now  func() time.Time
}

// Setup is installation day's state and routes.
type Setup struct {
	cfg   Config
	steps []Step
	mu    sync.Mutex
	state state
}

// state is what is kept.
type state struct {
	Language   string          `json:"language"`
	Technician string          `json:"technician"`
	Results    map[Step]Result `json:"results"`
	Sale       *TestSale       `json:"sale,omitempty"`
	Signed     time.Time       `json:"signed,omitzero"`
}

// New takes up what was kept. State that cannot be read begins anew: nothing but
// the steps' outcomes is lost.
func New(cfg Config) (*Setup, error) {
	s := &Setup{cfg: cfg, steps: steps(cfg.Kiosks)}
	b, err := cfg.Load()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if json.Unmarshal(b, &s.state) != nil {
		s.state = state{}
	}
	if s.state.Results == nil {
		s.state.Results = map[Step]Result{}
	}
	return s, nil
}

// change runs f on the state and keeps what it made of it.
func (s *Setup) change(f func(*state)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
	b, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	return s.cfg.Save(b)
}

// end notes how a step ended. Whatever is done after the sheet was signed asks for
// a new one.
func (s *Setup) end(step Step, how Outcome, detail string) error {
	return s.change(func(st *state) {
		st.Results[step] = Result{how, detail, s.cfg.Now().UTC()}
		st.Signed = time.Time{}
	})
}

// Report is what was signed last; Unavailable where nothing was.
func (s *Setup) Report() (*Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Signed.IsZero() {
		return nil, edge.Errorf("setup", edge.Unavailable, "the installation has not been signed off")
	}
	node, _ := s.cfg.Machine.Node()
	return &Report{Node: node, Technician: s.state.Technician, Steps: s.steps, Results: maps.Clone(s.state.Results), At: s.state.Signed}, nil
}
