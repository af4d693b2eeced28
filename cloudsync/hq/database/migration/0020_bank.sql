-- Carts' money asked for by bank transfer: by shops, at their tills, and by HQ,
-- for phones.
create table transfer (
  code     text    not null primary key,
  node     text    not null,
  shop     text    not null,
  cart     text    not null,
  phone    integer not null, -- HQ asked
  amount   integer not null,
  currency text    not null,
  at       integer not null,
  until    integer not null,
  credit   text    not null, -- that paid it; '' while none has
  seen     integer not null, -- a clerk says that the money came
  body     blob    not null  -- JSON of edge.Transfer, as far as its node has told
) strict;
create index transfer_cart on transfer (cart, at);
create index transfer_seen on transfer (seen, credit, at);

-- Money that banks say came in, each once.
create table credit (
  id        text    not null primary key,
  n         integer not null unique, -- in the order they came
  feed      text    not null,
  reference text    not null, -- the bank's
  account   text    not null,
  amount    integer not null,
  currency  text    not null,
  content   text    not null, -- what the bank passes on
  at        integer not null, -- when it was sent
  received  integer not null,
  code      text    not null, -- of the transfer it is for; '' where none is named
  state     text    not null,
  note      text    not null, -- of whoever settled it
  staff     text    not null
) strict;
create index credit_code on credit (code, state);
create index credit_state on credit (state, n);
