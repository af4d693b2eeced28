-- Carts' money asked for by bank transfer. epoch is the one it was asked for in.
CREATE TABLE transfer (
  n     INTEGER PRIMARY KEY,
  code  TEXT    NOT NULL UNIQUE,
  cart  TEXT    NOT NULL,
  epoch INTEGER NOT NULL,
  body  BLOB    NOT NULL
) STRICT;

CREATE INDEX transfer_cart ON transfer (cart);

CREATE TRIGGER transfer_is_kept BEFORE DELETE ON transfer BEGIN
  SELECT raise(ABORT, 'a transfer is never forgotten');
END;
