-- Photos that shoppers took along, sealed in the shop: who has this table cannot
-- see them. A deleted one keeps its row, without the photo, until it would have
-- expired, so that it cannot come again.
create table photo (
  id      text    not null primary key,
  cart    text    not null,
  node    text    not null,
  added   integer not null,
  expires integer not null, -- nobody is given it later
  latest  integer not null, -- what expires becomes when a phone first fetches it
  skus    blob    not null, -- JSON of what is worn on it
  body    blob              -- sealed; null once it is deleted
) strict;
create index photo_cart on photo (cart, added);
create index photo_expires on photo (expires);

-- Votes of shoppers' friends between looks.
create table vote (
  token   text    not null primary key, -- in the link that friends get
  cart    text    not null,
  node    text    not null,
  created integer not null,
  closes  integer not null,
  looks   blob    not null -- JSON, in the order in which they are shown
) strict;
create index vote_cart on vote (cart, created);
create index vote_closes on vote (closes);

-- Browsers that look at a vote, by a random cookie.
create table voter (
  vote    text    not null,
  voter   text    not null,
  at      integer not null,
  choice  integer not null, -- of the looks, from 0; -1 while there is none
  changes integer not null,
  primary key (vote, voter)
) strict;
