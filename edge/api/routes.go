package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Engine makes the gateway's gin engine, for the pages of a kiosk and of tills:
// this package's routes behind the checks that every request passes. Other
// packages add theirs to it, under the same checks.
func (s *Server) Engine(kiosk string) *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // gin offers no other way to keep it from printing
	e := gin.New()
	_ = e.SetTrustedProxies(nil) // cannot fail: there is no address to parse
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.Use(s.logRequest, s.recoverPanic, protect, s.checkHost, s.checkSealed, s.checkPath, s.checkOrigin, s.limitRate, limitBody)
	e.NoRoute(func(c *gin.Context) {
		s.Fail(c, edge.Errorf("api", edge.NotFound, "there is nothing at %.100q", c.Request.URL.Path))
	})
	e.NoMethod(func(c *gin.Context) {
		s.failStatus(c, http.StatusMethodNotAllowed, edge.Errorf("api", edge.Invalid, "%.100q does not take %.10s", c.Request.URL.Path, c.Request.Method))
	})
	s.register(e.Group(base, func(c *gin.Context) { c.Set(kioskKey, kiosk) }))
	return e
}

func (s *Server) register(r *gin.RouterGroup) {
	r.GET("/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", openAPI) })
	r.GET("/shop", s.getShop)
	r.GET("/catalogue", s.getCatalogue)
	r.GET("/catalogue/categories/:id", s.getShelf)
	r.GET("/catalogue/search", s.getSearch)
	r.GET("/catalogue/variants/:sku", s.getVariant)
	r.GET("/pictures/:file", s.getPicture)
	r.GET("/addresses", s.getAddresses)
	r.GET("/addresses/:file", s.getPlaces)
	r.GET("/status", s.getStatus)
	r.GET("/events", s.getEvents)

	r.POST("/carts", s.postCart)
	r.GET("/carts/:id", s.getCart)
	r.POST("/carts/:id/lines", s.postLine)
	r.PUT("/carts/:id/lines/:line", s.putLine)
	r.PUT("/carts/:id/lines/:line/fields/:name", s.putField)
	r.PUT("/carts/:id/fields/:name", s.putField)
	r.POST("/carts/:id/claim", s.postClaim)
	r.GET("/handoff/apps", s.getApps)
	r.POST("/carts/:id/handoff", s.postHandoff)
	r.POST("/carts/:id/handoff/revoke", s.postRevoke)
	r.GET("/carts/:id/qr.png", s.getQR)
	r.POST("/carts/:id/print", s.postSlip)

	r.POST("/staff/session", s.postSession)
	staff := r.Group("/staff", s.requireStaff)
	staff.GET("/session", s.getSession)
	staff.DELETE("/session", s.deleteSession)
	staff.POST("/approvals", s.postApproval)
	staff.GET("/carts", s.getOpenCarts)
	staff.POST("/carts/find", s.postFindCart)
	staff.GET("/carts/:id", s.getOpenCart)
	staff.PUT("/carts/:id/parked", s.putParked)
	staff.DELETE("/carts/:id/parked", s.deleteParked)
	staff.PUT("/carts/:id/discounts", s.putDiscount)
	staff.DELETE("/carts/:id/discounts", s.deleteDiscount)
	staff.PUT("/carts/:id/parts/:part", s.putPart)
	staff.DELETE("/carts/:id/parts/:part", s.deletePart)
	staff.GET("/events", s.getStaffEvents)
	staff.POST("/sales", s.postSale)
	staff.GET("/sales", s.getSales)
	staff.GET("/sales/:id", s.getSale)
	staff.POST("/sales/:id/void", s.postVoid)
	staff.POST("/sales/:id/refunds", s.postRefund)
	staff.POST("/sales/:id/exchange", s.postExchange)
	staff.POST("/second-payments", s.postSecondPayment)
	staff.GET("/second-payments", s.getSecondPayments)
	staff.POST("/second-payments/:id/given-back", s.postGivenBack)
	staff.GET("/payment-ways", s.getWays)
	staff.POST("/payments", s.postTransfer)
	staff.GET("/payments", s.getTransfers)
	staff.GET("/payments/:code", s.getTransfer)
	staff.GET("/payments/:code/qr.png", s.getTransferQR)
	staff.POST("/payments/:code/seen", s.postTransferSeen)
	staff.POST("/orders/quote", s.postOrderQuote)
	staff.POST("/orders", s.postOrder)
	staff.GET("/orders", s.getOrders)
	staff.GET("/orders/:id", s.getOrder)
	staff.POST("/orders/:id/payments", s.postOrderPayment)
	staff.POST("/orders/:id/transfers", s.postOrderTransfer)
	staff.POST("/orders/:id/transfers/:code/seen", s.postOrderTransferSeen)
	staff.POST("/orders/:id/requests", s.postOrderRequest)
	staff.POST("/orders/:id/collected", s.postCollected)
	staff.GET("/customers", s.getCustomers)
	staff.DELETE("/customers", s.deleteCustomers)
	staff.GET("/device", s.getDevice)
	staff.GET("/stock", s.getStock)
	staff.POST("/stock/moves", s.postStockMoves)
	staff.GET("/z-reports", s.getZReports)
	staff.POST("/z-reports", s.postZReports)
	staff.GET("/audit", s.getAudit)
	staff.GET("/consents", s.getConsents)
	staff.GET("/cash", s.getCash)
	staff.POST("/cash", s.postCash)
	staff.GET("/cash/records", s.getCashRecords)
	staff.POST("/print", s.postPrint)
	staff.GET("/print/jobs", s.getPrintJobs)
	staff.POST("/print/jobs/:id", s.postPrintDecision)
}
