-- How people call the other shops, and where these are; empty where HQ does not say.
ALTER TABLE hq_shop ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE hq_shop ADD COLUMN address TEXT NOT NULL DEFAULT '';
