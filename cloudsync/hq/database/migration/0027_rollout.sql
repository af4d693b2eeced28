-- Bundles on their way to the gateways' machines.
create table rollout (
  id      text    not null primary key,
  version integer not null,
  sha256  blob    not null, -- of the bundle's file, an asset
  size    integer not null,
  expires integer not null,
  plan    text    not null, -- JSON of rollout.Plan
  state   text    not null, -- running, paused, stopped or done
  ring    integer not null default 0,
  since   integer not null,           -- the ring began
  ripe    integer not null default 0, -- enough of the ring run it since; 0 while not
  why     text    not null default '',
  created integer not null,
  author  text    not null
) strict;
create index rollout_sha256 on rollout (sha256);

-- The kinds of machine that it is for.
create table rollout_class (
  class   text not null,
  rollout text not null references rollout (id),
  primary key (class, rollout)
) strict;
create index rollout_class_rollout on rollout_class (rollout);

-- The gateways that were told of it, and how their machines stand with it.
create table rollout_node (
  rollout text    not null references rollout (id),
  node    text    not null references node (node),
  ring    integer not null, -- in which it was told
  state   text    not null, -- told, or as it reported
  reason  text    not null default '',
  message text    not null default '',
  at      integer not null,
  primary key (rollout, node)
) strict;
create index rollout_node_node on rollout_node (node);

-- What each gateway's machine last reported, and what is wanted of it.
create table twin (
  node     text    not null primary key references node (node),
  n        integer not null, -- of the report
  desired  integer not null, -- the number of HQ's word that it knew
  class    text    not null,
  running  integer not null, -- version of the bundle in force
  state    text    not null,
  reason   text    not null,
  message  text    not null,
  at       integer not null, -- by the machine's clock
  received integer not null,
  wanted   integer not null default 0,  -- the number of HQ's newest word; 0 for none
  rollout  text    not null default '', -- whose bundle that names; '' for none
  sent     integer not null default 0,  -- last published
  settled  integer not null default 0   -- it knows, and nothing follows
) strict;
create index twin_class on twin (class, running);
create index twin_unsettled on twin (sent) where settled = 0;
