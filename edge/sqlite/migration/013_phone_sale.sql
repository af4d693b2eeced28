-- What phones have paid, until the shop has made its sales of it.
CREATE TABLE phone_sale (
  id   TEXT PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;

-- The epoch before which HQ holds nothing that is lacking here.
ALTER TABLE gateway ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;
