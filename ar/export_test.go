package ar

// DrawCard draws the card of fault, as viewers see it.
func DrawCard(width, height int, fault Fault) *Frame {
	f := &Frame{}
	drawCard(f, width, height, fault)
	return f
}
