-- What HQ asked this gateway to do, remembered until the command expires.
CREATE TABLE command (
  id       TEXT    PRIMARY KEY CHECK (id <> ''),
  digest   BLOB    NOT NULL CHECK (length(digest) = 32), -- of the whole command
  exp      INTEGER NOT NULL,
  done     INTEGER NOT NULL DEFAULT 0 CHECK (done >= 0), -- how far it has come
  finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX command_exp ON command (exp);

-- What was answered, in order.
CREATE TABLE command_answer (
  n       INTEGER PRIMARY KEY,
  command TEXT NOT NULL REFERENCES command (id) ON DELETE CASCADE,
  body    BLOB NOT NULL
) STRICT;

CREATE INDEX command_answer_of ON command_answer (command, n);
