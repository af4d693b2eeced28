-- Catalogues that HQ has issued to its nodes, as signed documents; the others
-- come from a folder and are HQ's own.
alter table release add column issued    integer not null default 0;  -- when; 0 for never
alter table release add column signature blob;                        -- of the body, with version and effective time
alter table release add column note      text    not null default ''; -- where its content came from

-- Pictures, shapes and large catalogues, by what is in them.
create table asset (
  sha256 blob    not null primary key,
  size   integer not null,
  added  integer not null,
  body   blob    not null
) strict;

-- Who may sell in a shop.
create table staff (
  shop   text    not null,
  name   text    not null,
  role   text    not null,
  pin    text    not null, -- argon2id hash
  active integer not null,
  primary key (shop, name)
) strict;

-- When a figure last changed, and when a node was last told of figures.
alter table stock add column changed integer not null default 0;
create index stock_changed on stock (changed);
alter table node add column stock_told integer not null default 0;
alter table down add column stock integer not null default 0; -- 1: figures of stock, which a later message replaces

-- Sales that were priced with another catalogue than the one in force.
create table difference (
  pos      integer not null primary key, -- of the sale
  node     text    not null,
  shop     text    not null,
  receipt  text    not null,
  at       integer not null,
  priced   integer not null, -- version
  expected integer not null, -- version
  amount   integer not null, -- minor units: what was taken less what was expected
  body     blob    not null  -- JSON of hq.Difference
) strict;
insert into projection (name, pos) values ('difference', 0);
