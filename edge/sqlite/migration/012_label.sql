-- What staff tell a cart apart by: when it was first heard of, where it was begun,
-- and what it was put aside as, by whom and when.
ALTER TABLE cart ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
UPDATE cart SET made = changed;
ALTER TABLE cart ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE cart ADD COLUMN parked TEXT NOT NULL DEFAULT '';
ALTER TABLE cart ADD COLUMN parked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE cart ADD COLUMN parked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX cart_parked ON cart (n) WHERE closed = 0 AND parked <> '';
