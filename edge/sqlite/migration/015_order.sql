-- Orders that clerks took; from when one is placed HQ's word of it counts.
CREATE TABLE shop_order (
  n     INTEGER PRIMARY KEY,
  id    TEXT    NOT NULL UNIQUE,
  cart  TEXT    NOT NULL UNIQUE,
  state TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  body  BLOB    NOT NULL
) STRICT;

CREATE TRIGGER shop_order_is_kept BEFORE DELETE ON shop_order BEGIN
  SELECT raise(ABORT, 'an order is never forgotten');
END;

CREATE TRIGGER shop_order_stays BEFORE UPDATE ON shop_order WHEN old.state NOT IN ('quoted', 'deposit_pending') BEGIN
  SELECT raise(ABORT, 'what was placed only HQ changes');
END;

-- Money taken for orders or given back. It takes its numbers from the same
-- series as sales.
CREATE TABLE order_money (
  n       INTEGER PRIMARY KEY,
  id      TEXT    NOT NULL UNIQUE,
  of      TEXT    NOT NULL, -- id of the order, of this shop or another
  till    TEXT    NOT NULL,
  series  INTEGER NOT NULL,
  counter INTEGER NOT NULL CHECK (counter > 0),
  event   TEXT    NOT NULL UNIQUE,
  body    BLOB    NOT NULL,
  UNIQUE (till, series, counter)
) STRICT;

CREATE INDEX order_money_of ON order_money (of);

CREATE TRIGGER order_money_number_is_new BEFORE INSERT ON order_money
WHEN EXISTS (SELECT 1 FROM sale WHERE till = new.till AND series = new.series AND counter = new.counter)
  OR EXISTS (SELECT 1 FROM reversal WHERE till = new.till AND series = new.series AND counter = new.counter) BEGIN
  SELECT raise(ABORT, 'a receipt number is given out once');
END;

CREATE TRIGGER order_money_stays BEFORE UPDATE ON order_money BEGIN
  SELECT raise(ABORT, 'money of an order never changes');
END;

CREATE TRIGGER order_money_is_kept BEFORE DELETE ON order_money BEGIN
  SELECT raise(ABORT, 'money of an order is never forgotten');
END;

-- What HQ was asked to do with orders.
CREATE TABLE order_request (
  n     INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE,
  of    TEXT NOT NULL,
  event TEXT NOT NULL UNIQUE,
  body  BLOB NOT NULL
) STRICT;

CREATE INDEX order_request_of ON order_request (of);

-- Orders that were handed over here.
CREATE TABLE order_collected (
  n     INTEGER PRIMARY KEY,
  of    TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL UNIQUE,
  body  BLOB NOT NULL
) STRICT;

CREATE TRIGGER order_collected_stays BEFORE UPDATE ON order_collected BEGIN
  SELECT raise(ABORT, 'an order is handed over once');
END;

CREATE TRIGGER order_collected_is_kept BEFORE DELETE ON order_collected BEGIN
  SELECT raise(ABORT, 'that an order was handed over is never forgotten');
END;

-- To whom orders go. Each row has a key of its own, made of the gateway's secret
-- and salt: what is deleted here cannot be read from what is left.
CREATE TABLE order_contact (
  of     TEXT    PRIMARY KEY,
  phone  BLOB,             -- HMAC of the number, where the shopper agreed to be found by it
  agreed TEXT    NOT NULL, -- to which wording
  at     INTEGER NOT NULL,
  salt   BLOB    NOT NULL,
  sealed BLOB    NOT NULL, -- JSON of edge.Contact
  sent   INTEGER NOT NULL DEFAULT 0 -- 1 once HQ has it
) STRICT;

CREATE INDEX order_contact_phone ON order_contact (phone) WHERE phone IS NOT NULL;
CREATE INDEX order_contact_waits ON order_contact (at) WHERE sent = 0;
