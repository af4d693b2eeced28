-- What people agreed to. Nothing of it tells who.
CREATE TABLE consent (
  n       INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  purpose TEXT    NOT NULL,
  version TEXT    NOT NULL, -- of the wording
  place   TEXT    NOT NULL  -- the kiosk; '' for a till
) STRICT;

CREATE INDEX consent_at ON consent (at);

CREATE TRIGGER consent_stays BEFORE UPDATE ON consent BEGIN
  SELECT raise(ABORT, 'what was agreed to stays so');
END;
