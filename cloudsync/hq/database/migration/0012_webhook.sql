-- How far each webhook has been told.
create table webhook (
  name    text    not null primary key,
  pos     integer not null, -- of the last event it was told of or need not be
  tries   integer not null default 0, -- that failed in a row
  failing integer not null default 0, -- since when
  upto    integer not null default 0,  -- the last event of the delivery that failed
  due     integer not null default 0, -- not before
  error   text    not null default '', -- of the last try
  holder  text    not null default '', -- the collector that tells it
  held    integer not null default 0   -- until when
) strict;

-- What a webhook would not take, for a person to send again.
create table webhook_dead (
  n      integer primary key,
  name   text    not null,
  first  integer not null, -- positions
  last   integer not null,
  error  text    not null,
  body   blob    not null,
  at     integer not null
) strict;
