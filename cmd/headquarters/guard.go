package headquarters

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
	"github.com/mirrorcart/mirrorcart/edge/api"
)

// onlyHosts answers only requests for an IP address, for localhost or for one
// of names. Where there are no tokens this machine's own people need none to see
// the office's pages, so a web page that makes its own name resolve to our
// address (DNS rebinding) would read them all.
func (d *door) onlyHosts(names []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		host := c.Request.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if _, err := netip.ParseAddr(host); err == nil || strings.EqualFold(host, "localhost") ||
			slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, host) }) {
			return
		}
		d.refuse(c, api.RefusedHost, http.StatusForbidden, edge.Forbidden,
			fmt.Sprintf("headquarters is not called %.60q: use one of its own names, or add this one to office_hosts", host))
	}
}
