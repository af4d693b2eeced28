-- What a cart's age is counted from, and whether it never had a line, so that
-- old carts can be forgotten. Those that are here begin their time today.
ALTER TABLE cart ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cart ADD COLUMN bare INTEGER NOT NULL DEFAULT 0 CHECK (bare IN (0, 1));
UPDATE cart SET changed = 1000 * unixepoch();
CREATE INDEX cart_closed ON cart (changed) WHERE closed = 1;
CREATE INDEX cart_bare ON cart (changed) WHERE closed = 0 AND bare = 1;
CREATE INDEX cart_unsold ON cart (changed) WHERE closed = 0 AND bare = 0;

-- Money taken a second time for one cart. sale is null where a clerk took it
-- for a cart that was paid: then nothing was sold.
CREATE TABLE refund_due (
  n     INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE,
  cart  TEXT NOT NULL,
  sale  TEXT REFERENCES sale (id),
  event TEXT NOT NULL UNIQUE,
  body  BLOB NOT NULL
) STRICT;

CREATE TRIGGER refund_due_stays BEFORE UPDATE ON refund_due BEGIN
  SELECT raise(ABORT, 'money that is due stays due');
END;

CREATE TRIGGER refund_due_is_kept BEFORE DELETE ON refund_due BEGIN
  SELECT raise(ABORT, 'money that is due is never forgotten');
END;

-- The call 'due' is new.
DROP TRIGGER request_stays;

CREATE TABLE answer (
  key    TEXT PRIMARY KEY,
  call   TEXT NOT NULL CHECK (call IN ('sale', 'void', 'refund', 'z', 'stock', 'due')),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  sale   TEXT REFERENCES sale (id),
  reply  BLOB,
  CHECK ((call = 'sale') = (sale IS NOT NULL) AND (sale IS NULL) = (reply IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO answer (key, call, digest, sale, reply) SELECT key, call, digest, sale, reply FROM request;
DROP TABLE request;
ALTER TABLE answer RENAME TO request;

CREATE TRIGGER request_stays BEFORE UPDATE ON request BEGIN
  SELECT raise(ABORT, 'what a key was answered with never changes');
END;
