// Package firmwarecfg is what turns a bare machine into a gateway or into
// headquarters' collector: the settings of edge.yaml and hq.yaml, and the
// key that a machine is known by.
//
// Settings come from these places, the later winning: the defaults, the file, of a
// gateway what is of its machine alone (OwnFile) and what was found out when that
// was installed (Setup), and the environment, where http.addr of a gateway is MIRRORCART_EDGE_HTTP_ADDR
// and addr of a collector MIRRORCART_HQ_ADDR. A key or a variable that means
// nothing is refused, so that a slip of the pen is never silently a default.
// The files edge.yaml and hq.yaml beside this package explain every key.
package firmwarecfg
