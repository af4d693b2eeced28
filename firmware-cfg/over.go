package firmwarecfg

// LayOver lays a file's settings and the environment over what e holds, which
// are then its defaults, and checks the whole.
func (e *Edge) LayOver(file string, environ []string) error {
	return load(file, "MIRRORCART_EDGE_", environ, e)
}

// LayOver is as Edge's.
func (h *HQ) LayOver(file string, environ []string) error {
	return load(file, "MIRRORCART_HQ_", environ, h)
}
