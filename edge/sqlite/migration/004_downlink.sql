-- Catalogues that HQ issued. A folder's, in the table release, count only until
-- the first of these is in force.
CREATE TABLE hq_release (
  version   INTEGER PRIMARY KEY CHECK (version > 0),
  effective INTEGER NOT NULL,
  arrived   INTEGER NOT NULL,
  sha256    BLOB    NOT NULL CHECK (length(sha256) = 32),
  size      INTEGER NOT NULL CHECK (size > 0),
  signature BLOB    NOT NULL CHECK (length(signature) = 64),
  body      BLOB,                                                      -- the signed document; null until it is fetched
  complete  INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),     -- its pictures and shapes are here
  flaw      TEXT                                                       -- why it is never used
) STRICT;

-- What HQ last said of the stock of all shops.
CREATE TABLE hq_shop (
  shop  TEXT    NOT NULL PRIMARY KEY,
  as_of INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hq_stock (
  sku      TEXT    NOT NULL,
  shop     TEXT    NOT NULL,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (sku, shop)
) STRICT, WITHOUT ROWID;

-- Orders and payments as HQ decided them; n is the number of the message.
CREATE TABLE hq_record (
  kind  TEXT    NOT NULL CHECK (kind IN ('order', 'payment')),
  id    TEXT    NOT NULL,
  n     INTEGER NOT NULL,
  state TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  data  BLOB,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hq_record_newest ON hq_record (kind, n);

CREATE TABLE hq_staff (
  name   TEXT    NOT NULL PRIMARY KEY,
  role   TEXT    NOT NULL CHECK (role IN ('clerk', 'manager')),
  pin    TEXT    NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT, WITHOUT ROWID;
