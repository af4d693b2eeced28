-- Which incarnation of the ledger this is, and where it lay when it became
-- that: one found elsewhere may have come from a backup, and is another.
create table ledger (
  one   integer not null primary key check (one = 1),
  id    text    not null,
  place text    not null,
  since integer not null
) strict;

-- What went wrong and a person should know.
create table incident (
  n      integer primary key,
  kind   text    not null,
  node   text    not null, -- '' where it concerns no single one
  epoch  text    not null,
  lane   text    not null,
  what   text    not null,
  opened integer not null,
  closed integer not null default 0 -- 0 while it lasts
) strict;
create unique index incident_open on incident (kind, node, epoch, lane) where closed = 0;

-- By the shop's clock, when the epoch's first event and its newest one were
-- written; by HQ's, when a new one came last.
alter table cursor add column first_time integer not null default 0;
alter table cursor add column last_time integer not null default 0;
alter table cursor add column last_at integer not null default 0;
