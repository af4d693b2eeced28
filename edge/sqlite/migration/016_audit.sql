-- Who did what at a till.
CREATE TABLE audit (
  n     INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL UNIQUE,
  body  BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
  SELECT raise(ABORT, 'what was done stays so');
END;

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
  SELECT raise(ABORT, 'what was done is never forgotten');
END;
