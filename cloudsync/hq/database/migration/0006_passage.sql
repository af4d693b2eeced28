-- What the marks passed, over all lanes, in one order: events from_seq to
-- to_seq of a lane have the positions first to last. It takes the place of
-- inbox.pos; who reads by position skips none, for a passage is only written
-- behind all others that can be seen.
create table passage (
  last     integer not null primary key,
  first    integer not null,
  node     text    not null,
  epoch    text    not null,
  lane     text    not null,
  from_seq integer not null,
  to_seq   integer not null
) strict;
insert into passage (last, first, node, epoch, lane, from_seq, to_seq)
  select max(pos), min(pos), node, epoch, lane, min(seq), max(seq)
  from inbox where pos is not null group by node, epoch, lane, pos - seq;

alter table inbox rename to inbox_with_pos;
create table inbox (
  node     text    not null,
  epoch    text    not null,
  lane     text    not null,
  seq      integer not null,
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
insert into inbox (node, epoch, lane, seq, id, type, time, mono, subject, data, prev, hash, flaw, received)
  select node, epoch, lane, seq, id, type, time, mono, subject, data, prev, hash, flaw, received
  from inbox_with_pos order by node, epoch, lane, seq;
drop table inbox_with_pos;

-- Since when events beyond the mark wait for one that is missing, in
-- milliseconds, and how many batches came meanwhile; 0 when none do.
alter table cursor add column gap_since integer not null default 0;
alter table cursor add column gap_batches integer not null default 0;
