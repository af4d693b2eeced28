-- Second payments that were given back.
CREATE TABLE refund_given (
  n     INTEGER PRIMARY KEY,
  due   TEXT NOT NULL UNIQUE REFERENCES refund_due (id),
  event TEXT NOT NULL UNIQUE,
  body  BLOB NOT NULL
) STRICT;

CREATE TRIGGER refund_given_stays BEFORE UPDATE ON refund_given BEGIN
  SELECT raise(ABORT, 'money that was given back stays so');
END;

CREATE TRIGGER refund_given_is_kept BEFORE DELETE ON refund_given BEGIN
  SELECT raise(ABORT, 'money that was given back is never forgotten');
END;

CREATE TRIGGER sale_is_not_given_back BEFORE INSERT ON refund_given
WHEN EXISTS (SELECT 1 FROM refund_due WHERE id = new.due AND sale IS NOT NULL) BEGIN
  SELECT raise(ABORT, 'the money of a sale is given back by a void or a refund');
END;

-- The program names its calls; a list of them here would have to follow.
DROP TRIGGER request_stays;

CREATE TABLE answer (
  key    TEXT PRIMARY KEY,
  call   TEXT NOT NULL CHECK (call <> ''),
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
