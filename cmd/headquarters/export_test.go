package headquarters

import "github.com/gin-gonic/gin"

// Routes are those of the phones' address and of the office's.
func (s *Server) Routes() (public, office gin.RoutesInfo) {
	return s.public.engine.Routes(), s.office.engine.Routes()
}
