-- What happened to the money in a till's drawer. A shift lasts from its float to
-- its close. due and given are the second payments, and those given back, that
-- were here before: these have no receipt numbers to tell that by.
CREATE TABLE cash_record (
  n     INTEGER PRIMARY KEY,
  id    TEXT    NOT NULL UNIQUE,
  till  TEXT    NOT NULL,
  shift INTEGER NOT NULL CHECK (shift >= 0),
  kind  TEXT    NOT NULL CHECK (kind <> ''),
  due   INTEGER NOT NULL,
  given INTEGER NOT NULL,
  event TEXT    NOT NULL UNIQUE,
  body  BLOB    NOT NULL
) STRICT;

CREATE INDEX cash_record_shift ON cash_record (till, shift, n);
CREATE UNIQUE INDEX cash_record_once ON cash_record (till, shift, kind) WHERE kind IN ('float', 'close');

CREATE TRIGGER cash_record_stays BEFORE UPDATE ON cash_record BEGIN
  SELECT raise(ABORT, 'a record of the cash book never changes');
END;

CREATE TRIGGER cash_record_is_kept BEFORE DELETE ON cash_record BEGIN
  SELECT raise(ABORT, 'a record of the cash book is never deleted');
END;

CREATE TRIGGER cash_record_of_a_shift BEFORE INSERT ON cash_record
WHEN new.kind NOT IN ('float', 'drawer') AND (
  NOT EXISTS (SELECT 1 FROM cash_record WHERE till = new.till AND shift = new.shift AND kind = 'float')
  OR EXISTS (SELECT 1 FROM cash_record WHERE till = new.till AND shift = new.shift AND kind = 'close')) BEGIN
  SELECT raise(ABORT, 'money moves in an open shift');
END;
