-- Gateways that may send, and the line to each.
create table node (
  node       text    not null primary key,
  shop       text    not null,
  enrolled   integer not null,           -- milliseconds since 1970, as all times here
  session    text    not null default '', -- of its present connection
  up         integer not null default 0,
  since      integer not null default 0, -- up or down since
  seen       integer not null default 0, -- last authentic message
  down_last  integer not null default 0, -- number of the last downlink message
  down_mark  integer not null default 0  -- number of the last one it applied
) strict;

-- Old keys stay: what they signed verifies for ever.
create table node_key (
  key_id     blob    not null primary key, -- SHA-256(public key)[:8]
  node       text    not null references node (node),
  public_key blob    not null,
  added      integer not null
) strict;

-- How far each lane is held without a gap.
create table cursor (
  node     text    not null,
  epoch    text    not null,
  lane     text    not null,
  opened   integer not null,
  mark     integer not null,
  hash     blob    not null, -- of the event at mark
  max_seen integer not null, -- highest event stored, perhaps beyond a gap
  primary key (node, epoch, lane)
) strict;

-- Every event, as it came. pos orders the events that a mark has passed, over
-- all nodes; it is null while there is a gap before the event.
create table inbox (
  node     text    not null,
  epoch    text    not null,
  lane     text    not null,
  seq      integer not null,
  pos      integer unique,
  id       text    not null,
  type     text    not null,
  time     integer not null,
  mono     integer not null,
  subject  text    not null,
  data     blob    not null,
  prev     blob    not null, -- hash of the event before it
  hash     blob    not null,
  flaw     text,             -- why its content is not used; null when it is
  received integer not null,
  primary key (node, epoch, lane, seq)
) strict;

-- What could not be used, for a person to look at.
create table quarantine (
  n      integer primary key,
  node   text    not null,
  epoch  text    not null,
  lane   text    not null,
  seq    integer not null,
  hash   blob    not null,
  reason text    not null,
  body   blob    not null,
  at     integer not null,
  unique (node, epoch, lane, seq, hash)
) strict;

-- Changes made at HQ, for each node in order.
create table down (
  node    text    not null references node (node),
  n       integer not null,
  body    blob    not null, -- JSON of cloudsync.Down
  created integer not null,
  primary key (node, n)
) strict;
