package hq

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq/database"
)

// sealedContent begins what a payer wrote, sealed; what earlier versions stored
// does not begin so.
const sealedContent = "sealed:"

// sealCredit is what is stored of what a payer wrote.
func (h *HQ) sealCredit(c *Credit) string {
	if c.Content == "" {
		return ""
	}
	return sealedContent + base64.StdEncoding.EncodeToString(h.persons.Seal(c.ID, []byte(c.Content)))
}

// openCredit makes what is stored what the payer wrote. Where that cannot be read
// the money is told without it.
func (h *HQ) openCredit(c *Credit) {
	text, sealed := strings.CutPrefix(c.Content, sealedContent)
	if !sealed {
		return
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		b, err = h.persons.Open(c.ID, b)
	}
	if err != nil {
		h.log.Error("what the payer wrote cannot be read", "credit", c.ID, "error", err)
	}
	c.Content = string(b)
}

// resealCredits seals with the master key in use what payers wrote, and returns
// of how many. They are few: it is forgotten once the money is matched.
func (h *HQ) resealCredits(ctx context.Context) (sum int, err error) {
	err = h.db.InTx(ctx, func(tx *sql.Tx) error {
		sum = 0
		var old []Credit
		err := database.Select(ctx, tx, "select id, content from credit where content <> '' order by n").Each(func(rows *sql.Rows) error {
			var c Credit
			if err := rows.Scan(&c.ID, &c.Content); err != nil {
				return err
			}
			text, sealed := strings.CutPrefix(c.Content, sealedContent)
			b, _ := base64.StdEncoding.DecodeString(text) // what is none is not fresh
			if h.openCredit(&c); c.Content != "" && (!sealed || !h.persons.Fresh(b)) {
				old = append(old, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, c := range old {
			if _, err := tx.ExecContext(ctx, "update credit set content = $1 where id = $2", h.sealCredit(&c), c.ID); err != nil {
				return err
			}
		}
		sum = len(old)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("hq.resealCredits: %w", err)
	}
	return sum, nil
}
