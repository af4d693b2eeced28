-- What people asked the shops for, and the commands that it became.
create table pull (
  id      text    not null primary key,
  shop    text    not null,
  created integer not null,
  claimed integer not null default 0, -- somebody works at its next step since
  over    integer not null default 0, -- nothing more is asked for
  body    text    not null            -- JSON of hq.Pull without what the commands say
) strict;
create index pull_open on pull (created) where over = 0;
