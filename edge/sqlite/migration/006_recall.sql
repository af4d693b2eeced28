-- How far the lane 'sale' of an earlier epoch, as HQ holds it, was taken back;
-- series is that of its receipts. Up to the event counted, counts of stock were
-- looked at again.
CREATE TABLE recall (
  epoch   TEXT    NOT NULL PRIMARY KEY,
  series  INTEGER NOT NULL CHECK (series > 0),
  seq     INTEGER NOT NULL CHECK (seq >= 0),
  counted INTEGER NOT NULL DEFAULT 0 CHECK (counted <= seq)
) STRICT, WITHOUT ROWID;

-- A move that was taken back is stored after moves that it stands before.
ALTER TABLE stock_move ADD COLUMN recalled INTEGER NOT NULL DEFAULT 0 CHECK (recalled IN (0, 1));
CREATE INDEX stock_move_recalled ON stock_move (sku) WHERE recalled = 1;

-- Refunds of receipts that this ledger did not know then.
CREATE INDEX reversal_of_unknown ON reversal (of_receipt) WHERE sale IS NULL;
