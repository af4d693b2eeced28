-- How far the inbox has been projected into the tables below.
create table projection (
  name text    not null primary key,
  pos  integer not null
) strict;
insert into projection (name, pos) values ('inbox', 0);

-- Events that took effect, so that one sent again in a later epoch does not
-- take effect twice.
create table projected (
  node   text not null,
  id     text not null,
  digest blob not null, -- SHA-256 of type and data
  primary key (node, id)
) strict;

create table sale (
  pos      integer not null primary key, -- inbox.pos: the cursor of readers
  node     text    not null,
  shop     text    not null,
  id       text    not null,
  receipt  text    not null,
  amount   integer not null, -- minor units
  currency text    not null,
  at       integer not null,
  offline  integer not null,
  received integer not null,
  body     blob    not null, -- JSON of edge.Sale
  unique (node, id)
) strict;
create index sale_shop on sale (shop, at);

create table stock (
  shop     text    not null,
  sku      text    not null,
  quantity integer not null,
  primary key (shop, sku)
) strict;

create table cart (
  id      text    not null primary key,
  node    text    not null,
  body    blob    not null, -- JSON of edge.Cart, merged
  changed integer not null
) strict;

create table release (
  version   integer not null primary key,
  effective integer not null,
  body      blob    not null -- JSON of edge.Release
) strict;
