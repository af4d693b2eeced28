-- Which gateway this database belongs to, and how far HQ's messages to it were applied.
CREATE TABLE gateway (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  node    TEXT NOT NULL CHECK (node <> ''),
  shop    TEXT NOT NULL CHECK (shop <> ''),
  applied INTEGER NOT NULL DEFAULT 0 CHECK (applied >= 0)
) STRICT;

-- n is also the receipt series.
CREATE TABLE epoch (
  n  INTEGER PRIMARY KEY CHECK (n > 0),
  id TEXT NOT NULL UNIQUE
) STRICT;

-- The ledger. id is not unique all over: a new epoch writes the events that HQ
-- lacks again under their old ids.
CREATE TABLE event (
  epoch   INTEGER NOT NULL REFERENCES epoch (n),
  lane    TEXT    NOT NULL CHECK (lane IN ('sale', 'ops')),
  seq     INTEGER NOT NULL CHECK (seq > 0),
  id      TEXT    NOT NULL,
  type    TEXT    NOT NULL,
  time    INTEGER NOT NULL,
  mono    INTEGER NOT NULL,
  subject TEXT    NOT NULL,
  data    BLOB    NOT NULL,
  hash    BLOB    NOT NULL CHECK (length(hash) = 32),
  UNIQUE (epoch, lane, seq),
  UNIQUE (id, epoch)
) STRICT;

-- How far HQ has confirmed a lane.
CREATE TABLE mark (
  epoch INTEGER NOT NULL REFERENCES epoch (n),
  lane  TEXT    NOT NULL CHECK (lane IN ('sale', 'ops')),
  mark  INTEGER NOT NULL CHECK (mark >= 0),
  PRIMARY KEY (epoch, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE release (
  version   INTEGER PRIMARY KEY CHECK (version > 0),
  effective INTEGER NOT NULL,
  body      BLOB    NOT NULL
) STRICT;

CREATE TABLE cart (
  n      INTEGER PRIMARY KEY,
  id     TEXT    NOT NULL UNIQUE CHECK (length(id) = 16),
  pieces INTEGER NOT NULL CHECK (pieces >= 0),
  closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
  body   BLOB    NOT NULL
) STRICT;

CREATE INDEX cart_open ON cart (n) WHERE closed = 0 AND pieces > 0;

-- The last counter given out; a counter is taken in the transaction of its sale.
CREATE TABLE receipt (
  till   TEXT    NOT NULL CHECK (till <> ''),
  series INTEGER NOT NULL REFERENCES epoch (n),
  last   INTEGER NOT NULL CHECK (last > 0),
  PRIMARY KEY (till, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE sale (
  n        INTEGER PRIMARY KEY,
  id       TEXT    NOT NULL UNIQUE,
  cart     TEXT    NOT NULL,
  checkout INTEGER NOT NULL CHECK (checkout > 0),
  till     TEXT    NOT NULL,
  series   INTEGER NOT NULL,
  counter  INTEGER NOT NULL CHECK (counter > 0),
  event    TEXT    NOT NULL UNIQUE,
  body     BLOB    NOT NULL,
  UNIQUE (cart, checkout),
  UNIQUE (till, series, counter)
) STRICT;

-- What an Idempotency-Key was used for, and the sale that answered it.
CREATE TABLE request (
  key    TEXT PRIMARY KEY,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  sale   TEXT NOT NULL REFERENCES sale (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_move (
  n      INTEGER PRIMARY KEY,
  sku    TEXT    NOT NULL CHECK (sku <> ''),
  delta  INTEGER NOT NULL CHECK (delta <> 0),
  reason TEXT    NOT NULL CHECK (reason <> ''),
  ref    TEXT    NOT NULL CHECK (ref <> ''),
  at     INTEGER NOT NULL,
  UNIQUE (ref, sku, reason)
) STRICT;

-- The sum of each SKU's moves.
CREATE TABLE stock (
  sku      TEXT PRIMARY KEY,
  quantity INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER stock_follows_moves AFTER INSERT ON stock_move BEGIN
  INSERT INTO stock (sku, quantity) VALUES (new.sku, new.delta)
  ON CONFLICT (sku) DO UPDATE SET quantity = quantity + excluded.quantity;
END;

CREATE TRIGGER sale_stays BEFORE UPDATE ON sale BEGIN
  SELECT raise(ABORT, 'a sale never changes');
END;

CREATE TRIGGER sale_is_kept BEFORE DELETE ON sale BEGIN
  SELECT raise(ABORT, 'a sale is never deleted');
END;

CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN
  SELECT raise(ABORT, 'an event never changes');
END;
