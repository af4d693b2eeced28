-- Whom orders go to, each with a key of its own, by which all that is kept of
-- the person is sealed; see package person.
create table person (
  id     text not null primary key,
  phone  blob not null, -- HMAC of the number
  key    blob not null, -- sealed with a master key, whose mark it begins with
  number blob not null  -- sealed with the person's key
) strict;
create index person_phone on person (phone);

-- A contact without a person is as earlier versions left it: the next start
-- seals it anew. Then salt is empty.
alter table contact add column person text not null default '';
create index contact_person on contact (person);

-- What headquarters asked the shops to do about persons. Those to be forgotten
-- are kept, so that a backup brings nobody back.
create table person_ask (
  id       text    not null primary key,
  deed     text    not null, -- forget or tell
  at       integer not null,
  asked_by text    not null,
  contacts integer not null, -- that headquarters itself deleted
  chats    integer not null,
  sealed   blob    not null  -- JSON of edge.PersonAsk, with a master key
) strict;
create index person_ask_at on person_ask (deed, at);

-- What became of it: what a shop's audit log says, and where that stands in its
-- ledger; or what it told, which is sealed with a master key.
create table person_answer (
  ask    text    not null,
  node   text    not null, -- '' for headquarters itself
  shop   text    not null,
  at     integer not null,
  event  text    not null, -- its id; '' for what was told
  epoch  text    not null,
  lane   text    not null,
  seq    integer not null,
  hash   blob    not null,
  says   text    not null,
  sealed blob    not null,
  primary key (ask, node, event)
) strict;
