package sqlite

import (
	"context"

	"github.com/mirrorcart/mirrorcart/edge"
)

// CloseDay closes every series that has receipts since its last Z report.
func (db *DB) CloseDay(ctx context.Context, key, staff string) ([]edge.ZReport, bool, error) {
	return once(ctx, db, key, callZ, struct{}{}, func(ctx context.Context, t *tx) ([]edge.ZReport, error) {
		open, err := t.openSeries(ctx)
		if err != nil {
			return nil, err
		}
		if len(open) == 0 {
			return nil, edge.Errorf("sqlite.CloseDay", edge.Conflict, "there is no receipt since the last Z report: there is nothing to close")
		}
		if err := t.addShifts(ctx, open); err != nil {
			return nil, err
		}
		for i := range open {
			z := &open[i]
			z.ID, z.Shop, z.Staff, z.At = t.db.opt.NewID(), t.db.opt.Shop, staff, t.now()
			if err := t.closeSeries(ctx, z); err != nil {
				return nil, err
			}
		}
		return open, nil
	})
}

// openSeries finds the stretches that no Z report covers, oldest series first.
func (t *tx) openSeries(ctx context.Context) ([]edge.ZReport, error) {
	rows, err := t.conn.QueryContext(ctx, `
		SELECT r.till, r.series, 1 + coalesce(max(z.number), 0), 1 + coalesce(max(z.last), 0), r.last
		FROM receipt r LEFT JOIN z_report z ON z.till = r.till AND z.series = r.series
		GROUP BY r.till, r.series HAVING r.last > coalesce(max(z.last), 0) ORDER BY r.series, r.till`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var open []edge.ZReport
	for rows.Next() {
		z := edge.ZReport{Totals: []edge.ZTotal{}}
		if err := rows.Scan(&z.Till, &z.Series, &z.Number, &z.From, &z.To); err != nil {
			return nil, err
		}
		open = append(open, z)
	}
	return open, rows.Err()
}

// addShifts gives the newest report of each till the cash of its shifts.
func (t *tx) addShifts(ctx context.Context, open []edge.ZReport) error {
	since := map[string]edge.ReceiptMark{} // by till
	newest := map[string]*edge.ZReport{}
	for i := range open {
		z := &open[i]
		if newest[z.Till] == nil {
			since[z.Till] = edge.ReceiptMark{Series: z.Series, Counter: z.From - 1}
		}
		newest[z.Till] = z
	}
	for till, z := range newest {
		before, err := bodies[edge.ZReport](ctx, t.conn, `SELECT body FROM z_report WHERE till = ? AND json_type(CAST(body AS TEXT), '$.shifts') IS NOT NULL ORDER BY n DESC LIMIT 1`, till)
		if err != nil {
			return err
		}
		earlier := edge.LastShift(before)
		records, err := bodies[edge.CashRecord](ctx, t.conn, `SELECT body FROM cash_record WHERE till = ? AND shift > ? ORDER BY n`, till, earlier)
		if err != nil {
			return err
		}
		z.AddShifts(records, earlier, since[till])
	}
	return nil
}

// closeSeries adds up the receipts of z's stretch and stores it.
func (t *tx) closeSeries(ctx context.Context, z *edge.ZReport) error {
	if err := addUp(ctx, t.conn, z, edge.ReceiptMark{Series: z.Series, Counter: z.From - 1}, edge.ReceiptMark{Series: z.Series, Counter: z.To}); err != nil {
		return err
	}
	if all, have := z.To-z.From+1, z.Receipts(); have < all {
		z.Missing = all - have // the day must end all the same
		t.db.opt.Log.ErrorContext(ctx, "receipts are missing from the ledger", "till", z.Till, "series", z.Series, "from", z.From, "to", z.To, "missing", z.Missing)
	}
	if err := z.Check(); err != nil {
		return &edge.Error{Op: "sqlite.CloseDay", Kind: edge.Internal, Msg: "the receipts do not add up", Err: err}
	}
	e, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	z.Chain.Epoch = e.id
	if z.Chain.Seq, z.Chain.Hash, err = head(ctx, t.conn, e.n, edge.LaneSale); err != nil {
		return err
	}
	ev, err := t.append(ctx, edge.LaneSale, edge.EventZ, z.ID, z)
	if err != nil {
		return err
	}
	err = t.exec(ctx, `INSERT INTO z_report (id, till, series, number, first, last, event, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		z.ID, z.Till, z.Series, z.Number, int64(z.From), int64(z.To), ev.ID, []byte(ev.Data))
	if err != nil {
		return err
	}
	if err := t.audit(ctx, z.Deeds()); err != nil {
		return err
	}
	return t.ticket(ctx, edge.PrintZ, z.ID, z.Staff)
}

// addUp adds the receipts of z's till after one mark, up to another.
func addUp(ctx context.Context, q querier, z *edge.ZReport, after, upTo edge.ReceiptMark) error {
	const within = ` WHERE till = ?1 AND (series, counter) > (?2, ?3) AND (series, counter) <= (?4, ?5)`
	rows, err := q.QueryContext(ctx, `SELECT 'sale', body FROM sale`+within+` UNION ALL SELECT kind, body FROM reversal`+within+
		` UNION ALL SELECT 'order', body FROM order_money`+within,
		z.Till, after.Series, int64(after.Counter), upTo.Series, int64(upTo.Counter))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var body []byte
		if err := rows.Scan(&kind, &body); err != nil {
			return err
		}
		if err := addReceipt(z, kind, body); err != nil {
			return err
		}
	}
	return rows.Err()
}

func addReceipt(z *edge.ZReport, kind string, body []byte) error {
	switch kind {
	case "sale":
		s, err := decode[edge.Sale](body)
		if err != nil {
			return err
		}
		z.AddSale(s)
	case "void":
		v, err := decode[edge.Void](body)
		if err != nil {
			return err
		}
		z.AddVoid(v)
	case "refund":
		r, err := decode[edge.Refund](body)
		if err != nil {
			return err
		}
		z.AddRefund(r)
	case "order":
		m, err := decode[edge.OrderMoney](body)
		if err != nil {
			return err
		}
		z.AddOrderMoney(m)
	}
	return nil
}

// ZReports lists the newest Z reports.
func (db *DB) ZReports(ctx context.Context, limit int) ([]edge.ZReport, error) {
	list, err := bodies[edge.ZReport](ctx, db.reader, `SELECT body FROM z_report ORDER BY n DESC LIMIT ?`, limit)
	return append([]edge.ZReport{}, list...), fault("sqlite.ZReports", err)
}
