-- Whom orders go to, each with a key of its own, by which all that is kept of
-- the person is sealed; see package person. Whoever destroys the key has deleted
-- the person, also in what is left of deleted rows.
CREATE TABLE person (
  id     TEXT PRIMARY KEY,
  phone  BLOB NOT NULL, -- HMAC of the number
  key    BLOB NOT NULL, -- sealed with a master key, whose mark it begins with
  number BLOB NOT NULL  -- sealed with the person's key
) STRICT;

CREATE INDEX person_phone ON person (phone);

-- A contact without a person is as earlier versions left it: the next start
-- seals it anew. Then salt is empty.
ALTER TABLE order_contact ADD COLUMN person TEXT;
ALTER TABLE order_contact ADD COLUMN found INTEGER NOT NULL DEFAULT 0; -- 1: the shopper agreed to be found by the number
ALTER TABLE order_contact ADD COLUMN last INTEGER NOT NULL DEFAULT 0;  -- 1: to be forgotten when the order has come to its end
UPDATE order_contact SET found = 1 WHERE phone IS NOT NULL;
DROP INDEX order_contact_phone;
ALTER TABLE order_contact DROP COLUMN phone;
CREATE INDEX order_contact_person ON order_contact (person);

-- What HQ asked of persons. Those it had forgotten are kept, so that a backup
-- brings nobody back.
CREATE TABLE person_ask (
  id     TEXT    PRIMARY KEY,
  at     INTEGER NOT NULL,
  waits  INTEGER NOT NULL, -- 1: HQ wants to be told, and was not yet
  sealed BLOB    NOT NULL  -- JSON of edge.PersonAsk, with a master key
) STRICT;
