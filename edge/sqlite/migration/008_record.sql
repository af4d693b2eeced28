-- What HQ decided is of more kinds than orders and payments: which of a shopper's
-- photos is deleted, how friends vote.
CREATE TABLE hq_record_new (
  kind  TEXT    NOT NULL CHECK (kind IN ('order', 'payment', 'photo', 'vote')),
  id    TEXT    NOT NULL,
  n     INTEGER NOT NULL,
  state TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  data  BLOB,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

INSERT INTO hq_record_new SELECT kind, id, n, state, at, data FROM hq_record;
DROP TABLE hq_record;
ALTER TABLE hq_record_new RENAME TO hq_record;
CREATE INDEX hq_record_newest ON hq_record (kind, n);
