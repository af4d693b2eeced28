-- What staff settled about a cart that is not paid: its discounts, and the parts
-- of its payment, whose number is taken. They are nobody's where the cart was
-- emptied or paid otherwise: then they go back.
ALTER TABLE cart ADD COLUMN deal BLOB;
ALTER TABLE cart ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
CREATE INDEX cart_taken ON cart (n) WHERE taken > 0;

-- A cart of which money was taken is not forgotten.
DROP INDEX cart_closed;
DROP INDEX cart_bare;
DROP INDEX cart_unsold;
CREATE INDEX cart_closed ON cart (changed, taken) WHERE closed = 1;
CREATE INDEX cart_bare ON cart (changed, taken) WHERE closed = 0 AND bare = 1;
CREATE INDEX cart_unsold ON cart (changed, taken) WHERE closed = 0 AND bare = 0;
