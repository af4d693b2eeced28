-- What HQ asked of its nodes, and how it stands.
create table command (
  id      text    not null primary key,
  node    text    not null references node (node),
  op      text    not null,
  args    text    not null,            -- JSON of cloudsync.Args
  created integer not null,
  exp     integer not null,            -- not begun after this
  sent    integer not null default 0,  -- last published
  heard   integer not null default 0,  -- last answer
  status  text    not null,
  done    integer not null default 0,  -- of total
  total   integer not null default 0,
  ending  text    not null default '', -- the final status, said while parts of the result are on their way
  parts   integer not null default 0,  -- of the result, once ending is known
  message text    not null default '',
  over    integer not null default 0   -- nothing more is waited for
) strict;
create index command_open on command (node) where over = 0;
create index command_created on command (created);

create table command_part (
  command text    not null references command (id) on delete cascade,
  part    integer not null,
  body    blob    not null, -- JSON of cloudsync.Result
  primary key (command, part)
) strict;

-- The last sample of telemetry of each node.
create table telemetry (
  node     text    not null primary key references node (node),
  received integer not null,
  body     blob    not null -- JSON of cloudsync.Sample
) strict;
