-- What goes to the ticket printer, in order.
CREATE TABLE print_job (
  n      INTEGER PRIMARY KEY,
  id     TEXT    NOT NULL UNIQUE,
  kind   TEXT    NOT NULL CHECK (kind <> ''),
  ref    TEXT    NOT NULL,
  lang   TEXT    NOT NULL,
  staff  TEXT    NOT NULL,
  state  TEXT    NOT NULL CHECK (state IN ('queued', 'printing', 'printed', 'doubtful', 'failed', 'dropped')),
  reason TEXT    NOT NULL DEFAULT '',
  copy   INTEGER NOT NULL DEFAULT 0 CHECK (copy IN (0, 1)),
  sent   INTEGER NOT NULL DEFAULT 0 CHECK (sent IN (0, 1)), -- some of it may have reached the printer
  epoch  INTEGER NOT NULL, -- in which it was queued
  at     INTEGER NOT NULL
) STRICT;

CREATE INDEX print_job_open ON print_job (state, n) WHERE state IN ('queued', 'printing', 'doubtful', 'failed');
CREATE INDEX print_job_sent ON print_job (ref) WHERE sent = 1;

CREATE TRIGGER print_job_stays_sent BEFORE UPDATE ON print_job
WHEN old.sent = 1 AND new.sent = 0 AND old.state <> 'printing' BEGIN
  SELECT raise(ABORT, 'what has reached the printer stays so');
END;

-- A ticket that may have come out goes to the printer again only as a copy.
CREATE TRIGGER print_job_again_is_a_copy BEFORE UPDATE ON print_job
WHEN new.state = 'printing' AND old.sent = 1 AND new.copy = 0 BEGIN
  SELECT raise(ABORT, 'a ticket is printed once, and then as a copy');
END;
