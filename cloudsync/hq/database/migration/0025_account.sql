-- People who use headquarters' pages.
create table account (
  name      text    not null primary key,
  role      text    not null,
  password  text    not null, -- argon2id in PHC format
  temporary integer not null, -- 1 where headquarters made the password: it is changed at the first sign-in
  active    integer not null,
  wrong     integer not null default 0, -- passwords tried in a row
  locked    integer not null default 0, -- until when, in milliseconds
  created   integer not null,
  seen      integer not null default 0  -- when they signed in last
) strict;

create table account_session (
  hash    blob    not null primary key, -- SHA-256 of what the browser keeps
  account text    not null references account (name) on delete cascade,
  ends    integer not null
) strict;
create index account_session_of on account_session (account);

-- Keys with which systems use the API.
create table account_key (
  id      text    not null primary key, -- the key's first letters, for people to know it by
  name    text    not null,
  role    text    not null,
  shops   text    not null, -- JSON list of those that it is for; [] for all
  hash    blob    not null, -- SHA-256 of the key
  created integer not null,
  expires integer not null, -- 0 for never
  used    integer not null default 0, -- when it was used last, to the minute
  revoked integer not null default 0
) strict;

-- Who changed what at headquarters.
create table act (
  n       integer primary key,
  at      integer not null,
  person  text    not null, -- or the key, the token or the command
  what    text    not null,
  subject text    not null,
  detail  text    not null,
  done    integer not null -- 0: begun, 1: done, 2: refused
) strict;
