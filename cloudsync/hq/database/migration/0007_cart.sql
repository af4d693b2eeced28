-- Whether a cart never had a line, has or had some, or is paid: by that and by
-- its last change it is forgotten. Those that are here are kept the longest.
alter table cart add column state text not null default 'open';
create index cart_age on cart (state, changed);

-- Money that HQ took for carts.
create table payment (
  id   text    not null primary key,
  cart text    not null,
  node text    not null,
  at   integer not null,
  body blob    not null -- JSON of edge.PhonePayment
) strict;
create index payment_cart on payment (cart);

-- Money taken a second time for one cart, to be given back.
create table refund_due (
  node text    not null,
  id   text    not null, -- of the payment
  shop text    not null,
  cart text    not null,
  at   integer not null,
  body blob    not null, -- JSON of edge.RefundDue
  primary key (node, id)
) strict;
create index refund_due_at on refund_due (at);
