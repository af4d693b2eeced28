-- Money that tills took for orders or gave back.
create table order_money (
  pos      integer not null,
  node     text    not null,
  shop     text    not null,
  id       text    not null,
  of       text    not null, -- the order
  receipt  text    not null,
  kind     text    not null, -- order or order refund
  amount   integer not null, -- minor units, more than 0
  currency text    not null,
  at       integer not null,
  body     blob    not null, -- JSON of edge.OrderMoney
  primary key (node, id)
) strict;
create index order_money_pos on order_money (pos);
create index order_money_of on order_money (of);
create index order_money_receipt on order_money (node, receipt);

-- What shops ask to be done with orders.
create table order_request (
  pos  integer not null,
  node text    not null,
  id   text    not null,
  of   text    not null, -- the order
  at   integer not null,
  body blob    not null, -- JSON of edge.OrderRequest
  primary key (node, id)
) strict;
create index order_request_of on order_request (of);
