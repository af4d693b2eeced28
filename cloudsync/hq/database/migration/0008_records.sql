-- Voids and refunds: what of the sales was given back.
create table correction (
  pos      integer not null primary key,
  node     text    not null,
  shop     text    not null,
  kind     text    not null, -- void or refund
  id       text    not null,
  sale     text    not null, -- its id; '' where the shop did not know it
  receipt  text    not null,
  amount   integer not null, -- minor units given back
  currency text    not null,
  at       integer not null,
  received integer not null,
  body     blob    not null, -- JSON of edge.Void or edge.Refund
  unique (node, id)
) strict;
create index correction_shop on correction (shop, at);
create index correction_sale on correction (sale);

create table z_report (
  pos       integer not null primary key,
  node      text    not null,
  shop      text    not null,
  till      text    not null,
  series    integer not null,
  number    integer not null,
  first     integer not null, -- receipt counters
  last      integer not null,
  at        integer not null,
  received  integer not null,
  body      blob    not null, -- JSON of edge.ZReport
  unique (node, till, series, number)
) strict;

-- The newest state of each sale's invoice.
create table einvoice (
  node  text    not null,
  sale  text    not null,
  state text    not null,
  at    integer not null,
  pos   integer not null,
  body  blob    not null, -- JSON of edge.EInvoice
  primary key (node, sale)
) strict;

-- How many sales each gateway has, so that nobody counts them.
create table node_total (
  node  text    not null primary key,
  sales integer not null
) strict;
insert into node_total (node, sales) select node, count(*) from sale group by node;
