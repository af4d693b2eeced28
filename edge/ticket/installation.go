package ticket

import "time"

// Installation is the sheet that whoever installed a machine signs.
type Installation struct {
	Node       string
	Technician string
	Steps      []InstallationStep
	At         time.Time
}

// InstallationStep is one step of it, and what came of it.
type InstallationStep struct {
	// Step is claim, network, camera, touch, colour, scale, printer or sale.
	Step   string
	Kiosk  string // at which it was done; empty for the first, or where it does not matter
	Passed bool
	Detail string
}

func (d Installation) lay(s *sheet, shop *Shop) {
	s.head(shop, s.installation)
	s.pair(s.machine, d.Node, bold)
	s.pair(s.time, s.when(d.At, shop), plain)
	s.rule()
	for _, step := range d.Steps {
		what := s.notDone
		st := bold
		if step.Passed {
			what, st = s.done, plain
		}
		name := s.steps[step.Step]
		if step.Kiosk != "" {
			name += " · " + step.Kiosk
		}
		s.pair(name, what, st)
		if step.Detail != "" {
			s.text(step.Detail, small, left)
		}
	}
	s.rule()
	s.text(s.notReceipt, small, centre)
	s.sign(s.technicianSigns + ": " + d.Technician)
	s.sign(s.shopSigns)
}
