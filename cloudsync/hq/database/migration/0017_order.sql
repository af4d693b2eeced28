-- The phones that know a cart's link. One owns the cart, others may be let in.
create table cart_phone (
  cart  text    not null,
  phone blob    not null, -- a hash of this phone and this cart: it tells of no other cart
  role  text    not null, -- owner, guest, asking or refused
  code  text    not null, -- two digits by which people tell those that ask apart; empty for an owner
  links integer not null, -- how often the cart's links had been withdrawn
  since integer not null,
  primary key (cart, phone)
) strict;
create unique index cart_owner on cart_phone (cart) where role = 'owner';

-- What shoppers ordered from carts.
create table orders (
  id       text    not null primary key,
  n        integer not null,        -- counts the changes of all orders: one that changes moves to the end
  cart     text    not null,
  node     text    not null,
  shop     text    not null,
  key      text    not null,        -- by which whoever placed it asks again
  state    text    not null,
  live     integer not null,        -- 1 until it has come to its end
  placed   integer not null,
  changed  integer not null,
  amount   integer not null,        -- minor units
  currency text    not null,
  body     blob    not null         -- JSON of edge.Order; nothing of it names the shopper
) strict;
create unique index order_n on orders (n);
create unique index order_key on orders (cart, key);
create unique index order_live on orders (cart) where live = 1;
create index order_state on orders (state, changed);

-- To whom an order goes. Each row is sealed with a key of its own, made of HQ's
-- secret and the row's salt: what a deleted row leaves behind in the database
-- cannot be read. A copy of the database from before has the row with its salt,
-- and HQ's secret opens it for as long as the copy is kept.
create table contact (
  cart    text    not null primary key,
  phone   blob    not null, -- which one entered it
  consent integer not null, -- when the shopper agreed
  agreed  text    not null, -- to which wording
  salt    blob    not null,
  name    blob    not null, -- this and the next two encrypted
  number  blob    not null, -- of the telephone
  address blob    not null
) strict;
