-- Money that people at HQ gave back, of what was due. Rows are only added.
create table given_back (
  n         integer not null primary key, -- in the order they were recorded
  node      text    not null,
  due       text    not null, -- refund_due's id
  shop      text    not null,
  key       text    not null, -- by which whoever recorded it asks again
  amount    integer not null, -- minor units
  currency  text    not null,
  reference text    not null, -- the bank's, of the money that left
  staff     text    not null,
  given     integer not null, -- when it left, as staff says
  at        integer not null
) strict;
create unique index given_back_due on given_back (node, due);
create unique index given_back_key on given_back (key);
