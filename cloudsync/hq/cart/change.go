package cart

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/mirrorcart/mirrorcart/edge"
)

// lineBody says what a line shall be: its quantity, its note, or both.
type lineBody struct {
	Quantity *int    `json:"quantity" form:"quantity"`
	Note     *string `json:"note" form:"note"`
}

// setLine changes a line's quantity or note.
func (p *Pages) setLine(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		var line edge.LineID
		if err := line.UnmarshalText([]byte(c.Param("line"))); err != nil {
			return err
		}
		body, err := read[lineBody](c)
		if err != nil {
			return err
		}
		if body.Quantity == nil && body.Note == nil {
			return edge.Errorf("cart.setLine", edge.Invalid, "want quantity or note")
		}
		return p.change(ctx, v, func(cart *edge.Cart) error {
			if body.Note != nil {
				if err := cart.SetField(v.writer(), p.Now(), line, edge.Note, *body.Note); err != nil {
					return err
				}
			}
			if body.Quantity == nil {
				return nil
			}
			return cart.SetQuantity(v.writer(), line, *body.Quantity)
		})
	})
}

// noteBody is the note on the whole cart; an empty one takes it back.
type noteBody struct {
	Note *string `json:"note" form:"note"`
}

func (p *Pages) setNote(c *gin.Context) {
	p.act(c, func(ctx context.Context, v *visit) error {
		body, err := read[noteBody](c)
		if err != nil {
			return err
		}
		if body.Note == nil {
			return edge.Errorf("cart.setNote", edge.Invalid, "want a note")
		}
		return p.change(ctx, v, func(cart *edge.Cart) error {
			return cart.SetField(v.writer(), p.Now(), edge.LineID{}, edge.Note, *body.Note)
		})
	})
}

// change edits the cart as the phone that asks, if it may.
func (p *Pages) change(ctx context.Context, v *visit, edit func(*edge.Cart) error) error {
	if err := p.bind(ctx, v, MayChange); err != nil {
		return err
	}
	if err := p.unsold(ctx, v.cart.ID); err != nil {
		return err
	}
	o, err := p.HQ.OrderOfCart(ctx, v.cart.ID)
	switch {
	case err == nil && o.State().Live():
		return edge.Errorf("cart.change", edge.Conflict, "the cart is ordered: cancel order %s first", o.Number())
	case err != nil && edge.KindOf(err) != edge.NotFound:
		return err
	}
	_, err = p.HQ.ChangeCart(ctx, v.cart.ID, v.writer(), edit)
	return err
}

// unsold refuses a cart whose sale is known here: the news that the cart is
// closed may still be on its way.
func (p *Pages) unsold(ctx context.Context, id edge.CartID) error {
	sale, err := p.saleOf(ctx, id)
	if err != nil || sale == nil {
		return err
	}
	return edge.Errorf("cart.unsold", edge.Conflict, "the cart was sold with receipt %s", sale.Receipt)
}
