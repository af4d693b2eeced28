-- What an Idempotency-Key was used for, and what answered it: the sale, or a reply as it was given.
CREATE TABLE answer (
  key    TEXT PRIMARY KEY,
  call   TEXT NOT NULL CHECK (call IN ('sale', 'void', 'refund', 'z', 'stock')),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  sale   TEXT REFERENCES sale (id),
  reply  BLOB,
  CHECK ((call = 'sale') = (sale IS NOT NULL) AND (sale IS NULL) = (reply IS NOT NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO answer (key, call, digest, sale) SELECT key, 'sale', digest, sale FROM request;
DROP TABLE request;
ALTER TABLE answer RENAME TO request;

CREATE TRIGGER request_stays BEFORE UPDATE ON request BEGIN
  SELECT raise(ABORT, 'what a key was answered with never changes');
END;

-- Voids and refunds. They take their numbers from the same series as sales.
CREATE TABLE reversal (
  n          INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,
  kind       TEXT    NOT NULL CHECK (kind IN ('void', 'refund')),
  of_receipt TEXT    NOT NULL CHECK (of_receipt <> ''),
  sale       TEXT    REFERENCES sale (id), -- null where the receipt is not of this ledger
  till       TEXT    NOT NULL,
  series     INTEGER NOT NULL,
  counter    INTEGER NOT NULL CHECK (counter > 0),
  event      TEXT    NOT NULL UNIQUE,
  body       BLOB    NOT NULL,
  UNIQUE (till, series, counter),
  CHECK (kind = 'refund' OR sale IS NOT NULL)
) STRICT;

CREATE INDEX reversal_sale ON reversal (sale) WHERE sale IS NOT NULL;

CREATE TRIGGER sale_number_is_new BEFORE INSERT ON sale
WHEN EXISTS (SELECT 1 FROM reversal WHERE till = new.till AND series = new.series AND counter = new.counter) BEGIN
  SELECT raise(ABORT, 'a receipt number is given out once');
END;

CREATE TRIGGER reversal_number_is_new BEFORE INSERT ON reversal
WHEN EXISTS (SELECT 1 FROM sale WHERE till = new.till AND series = new.series AND counter = new.counter) BEGIN
  SELECT raise(ABORT, 'a receipt number is given out once');
END;

CREATE TRIGGER void_stands_alone BEFORE INSERT ON reversal
WHEN EXISTS (SELECT 1 FROM reversal WHERE sale = new.sale AND 'void' IN (kind, new.kind)) BEGIN
  SELECT raise(ABORT, 'a sale is voided once, and not beside refunds');
END;

CREATE TRIGGER reversal_stays BEFORE UPDATE ON reversal BEGIN
  SELECT raise(ABORT, 'a void or a refund never changes');
END;

CREATE TRIGGER reversal_is_kept BEFORE DELETE ON reversal BEGIN
  SELECT raise(ABORT, 'a void or a refund is never deleted');
END;

-- Z reports: each closes the receipts from first to last of a series.
CREATE TABLE z_report (
  n      INTEGER PRIMARY KEY,
  id     TEXT    NOT NULL UNIQUE,
  till   TEXT    NOT NULL,
  series INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  first  INTEGER NOT NULL CHECK (first > 0),
  last   INTEGER NOT NULL CHECK (last >= first),
  event  TEXT    NOT NULL UNIQUE,
  body   BLOB    NOT NULL,
  UNIQUE (till, series, number),
  UNIQUE (till, series, last),
  FOREIGN KEY (till, series) REFERENCES receipt (till, series)
) STRICT;

CREATE TRIGGER z_tiles BEFORE INSERT ON z_report
WHEN new.first <> 1 + coalesce((SELECT max(last) FROM z_report WHERE till = new.till AND series = new.series), 0)
  OR new.number <> 1 + coalesce((SELECT max(number) FROM z_report WHERE till = new.till AND series = new.series), 0)
  OR new.last > (SELECT last FROM receipt WHERE till = new.till AND series = new.series) BEGIN
  SELECT raise(ABORT, 'Z reports follow each other without a gap');
END;

CREATE TRIGGER z_stays BEFORE UPDATE ON z_report BEGIN
  SELECT raise(ABORT, 'a Z report never changes');
END;

CREATE TRIGGER z_is_kept BEFORE DELETE ON z_report BEGIN
  SELECT raise(ABORT, 'a Z report is never deleted');
END;

-- The states that the electronic invoices of sales came to; the last one of a
-- sale is in force.
CREATE TABLE einvoice (
  n         INTEGER PRIMARY KEY,
  sale      TEXT NOT NULL REFERENCES sale (id),
  state     TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'refused', 'adjusted')),
  reference TEXT NOT NULL,
  event     TEXT NOT NULL UNIQUE,
  body      BLOB NOT NULL
) STRICT;

CREATE INDEX einvoice_sale ON einvoice (sale);

CREATE TRIGGER einvoice_stays BEFORE UPDATE ON einvoice BEGIN
  SELECT raise(ABORT, 'the state of an e-invoice is followed by another, never changed');
END;

CREATE TRIGGER einvoice_is_kept BEFORE DELETE ON einvoice BEGIN
  SELECT raise(ABORT, 'the state of an e-invoice is never deleted');
END;

-- Where in the lane 'sale' a move stands: at its event, and a count at the
-- mark that it was counted as of. 0 is before every mark that was ever shown.
ALTER TABLE stock_move ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stock_move ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;

CREATE TABLE stock_count (
  n       INTEGER PRIMARY KEY,
  sku     TEXT    NOT NULL CHECK (sku <> ''),
  ref     TEXT    NOT NULL CHECK (ref <> ''),
  counted INTEGER NOT NULL CHECK (counted >= 0),
  epoch   INTEGER NOT NULL REFERENCES epoch (n),
  seq     INTEGER NOT NULL CHECK (seq > 0),
  delta   INTEGER NOT NULL,
  UNIQUE (ref, sku)
) STRICT;

CREATE INDEX stock_count_sku ON stock_count (sku, epoch, seq);

CREATE TRIGGER stock_count_stays BEFORE UPDATE ON stock_count BEGIN
  SELECT raise(ABORT, 'a count never changes');
END;

CREATE TRIGGER stock_count_is_kept BEFORE DELETE ON stock_count BEGIN
  SELECT raise(ABORT, 'a count is never deleted');
END;

CREATE TRIGGER stock_move_stays BEFORE UPDATE ON stock_move BEGIN
  SELECT raise(ABORT, 'a stock move never changes');
END;

CREATE TRIGGER stock_move_is_kept BEFORE DELETE ON stock_move BEGIN
  SELECT raise(ABORT, 'a stock move is never deleted');
END;
