-- A report is newer than those of keys that the node had before, whatever their
-- numbers: each machine numbers its own.
alter table twin add column claimed integer not null default 0; -- when the key was added that signed the report; 0 for not known
