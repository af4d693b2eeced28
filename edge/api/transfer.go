package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// Transfers is how shoppers pay by bank transfer: the account, as they are shown
// it, and who makes the codes that their bank apps scan.
type Transfers struct {
	Prefix  string        // of codes, see edge.CheckCodePrefix
	Life    time.Duration // of a request
	Bank    string        // its name
	Account string        // its number
	Name    string        // whose it is
	// Text is the code for an amount and a purpose, Picture draws it as a PNG of
	// size by size pixels.
	Text    func(total edge.Money, purpose string) (string, error)
	Picture func(text string, size int) ([]byte, error)
}

// check refuses what cannot ask for money.
func (t *Transfers) check() error {
	const op = "api.New"
	if t.Text == nil || t.Picture == nil || t.Life <= 0 || t.Life > edge.MaxTransferLife {
		return edge.Errorf(op, edge.Invalid, "transfers need who makes the codes, and a life of at most %s", edge.MaxTransferLife)
	}
	return edge.CheckCodePrefix(t.Prefix)
}

func errNoAccount(op string) error {
	return edge.Errorf(op, edge.Unavailable, "this shop has no account for transfers: set payment.transfer in edge.yaml")
}

// getWays tells how money can be taken.
func (s *Server) getWays(c *gin.Context) {
	type account struct {
		Bank    string `json:"bank"`
		Account string `json:"account"`
		Name    string `json:"name"`
	}
	rounding := s.cfg.Cash
	if rounding == nil {
		rounding = edge.CashRounding{}
	}
	var to *account
	if t := s.cfg.Transfers; t != nil {
		to = &account{t.Bank, t.Account, t.Name}
	}
	c.JSON(http.StatusOK, gin.H{
		"cash_rounding": rounding, "transfer": to,
		"discount_limits": gin.H{clerk: s.cfg.Discounts.Clerk, manager: s.cfg.Discounts.Manager}, // in hundredths of a percent
	})
}

// postTransfer asks for a cart's money by bank transfer.
func (s *Server) postTransfer(c *gin.Context) {
	const op = "api.postTransfer"
	var in struct {
		Cart    *edge.CartID `json:"cart"`
		Amount  *int64       `json:"amount"`
		TaxCode edge.TaxCode `json:"tax_code"`
		discounts
	}
	key, err := bindOnce(c, &in)
	switch {
	case err != nil:
	case in.Cart == nil || in.Amount == nil:
		err = edge.Errorf(op, edge.Invalid, "cart or amount is missing: send the total that was shown")
	case s.cfg.Transfers == nil:
		err = errNoAccount(op)
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	ask, err := s.askTransfer(c, *in.Cart, *in.Amount, key)
	if err != nil {
		s.Fail(c, err)
		return
	}
	ask.TaxCode = in.TaxCode
	if ask.Discounts, ask.Discounter, err = s.discounts(c, &in.discounts, in.Cart.String()); err != nil {
		s.Fail(c, err)
		return
	}
	t, replayed, err := s.cfg.Ledger.RequestTransfer(c.Request.Context(), key, ask)
	if err != nil {
		s.Fail(c, err)
		return
	}
	s.recorded(c, replayed, gin.H{"transfer": s.viewTransfer(t)})
}

func (s *Server) askTransfer(c *gin.Context, cart edge.CartID, amount int64, key string) (ask edge.TransferAsk, err error) {
	r, err := s.cfg.Catalogue.Release(c.Request.Context())
	if err != nil {
		return ask, err
	}
	t := s.cfg.Transfers
	ask = edge.TransferAsk{
		Cart: cart, Amount: amount, Code: edge.TransferCode(t.Prefix, s.cfg.Shop.ID, cart, key),
		Life: t.Life, Staff: signedIn(c).Name, Offline: s.offline(),
	}
	ask.Text, err = t.Text(edge.Money{Amount: amount, Currency: r.Currency}, ask.Code)
	return ask, err
}

// viewTransfer is t as it stands now.
func (s *Server) viewTransfer(t *edge.Transfer) *edge.Transfer {
	t.State = t.StateAt(s.cfg.Now())
	return t
}

func (s *Server) getTransfer(c *gin.Context) {
	t, err := s.cfg.Ledger.Transfer(c.Request.Context(), c.Param("code"))
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"transfer": s.viewTransfer(t)})
}

func (s *Server) getTransfers(c *gin.Context) {
	limit, err := number(c, "limit", 1, 200, 50)
	if err != nil {
		s.Fail(c, err)
		return
	}
	list, err := s.cfg.Ledger.Transfers(c.Request.Context(), limit)
	if err != nil {
		s.Fail(c, err)
		return
	}
	for i := range list {
		s.viewTransfer(&list[i])
	}
	c.JSON(http.StatusOK, gin.H{"transfers": list})
}

// getTransferQR draws a transfer's code for the shopper, size pixels wide and
// high.
func (s *Server) getTransferQR(c *gin.Context) {
	size, err := number(c, "size", 120, 1024, 420)
	if err != nil {
		s.Fail(c, err)
		return
	}
	t, err := s.cfg.Ledger.Transfer(c.Request.Context(), c.Param("code"))
	if err == nil && s.cfg.Transfers == nil {
		err = errNoAccount("api.getTransferQR")
	}
	if err != nil {
		s.Fail(c, err)
		return
	}
	png, err := s.cfg.Transfers.Picture(t.Text, size)
	if err != nil {
		s.Fail(c, err)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}

// postTransferSeen sells by the clerk's word that the money came.
func (s *Server) postTransferSeen(c *gin.Context) {
	var in struct {
		Reason string `json:"reason"`
	}
	key, err := bindOnce(c, &in)
	if err != nil {
		s.Fail(c, err)
		return
	}
	sale, replayed, err := s.cfg.Ledger.SeeTransfer(c.Request.Context(), key, edge.TransferSeen{
		Code: c.Param("code"), Reason: edge.Visible(in.Reason), Staff: signedIn(c).Name,
	})
	if err != nil {
		s.Fail(c, err)
		return
	}
	if !replayed {
		s.CartChanged(sale.Cart)
	}
	s.recorded(c, replayed, gin.H{"sale": sale, "change": int64(0)})
}
