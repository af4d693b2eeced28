-- What happened to the money in the shops' drawers; expected is null but of
-- counts and of the end of a shift.
create table cash (
  pos      integer not null primary key,
  node     text    not null,
  shop     text    not null,
  id       text    not null,
  kind     text    not null,
  at       integer not null,
  expected integer,
  body     blob    not null, -- JSON of edge.CashRecord
  unique (node, id)
) strict;
create index cash_shop on cash (shop, kind, pos);
