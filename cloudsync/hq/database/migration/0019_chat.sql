-- People who write to the chain in a chat app. What they and the app know each
-- other by, and what was said, is sealed with a key that only HQ has.
create table chat (
  id    text    not null primary key, -- a keyed hash of the app's name for the person
  app   text    not null,
  state text    not null, -- bot or human
  waits integer not null, -- since when somebody has to answer, in milliseconds; 0 while nobody has
  cart  text    not null, -- '' where none is known
  heard integer not null, -- when the person did something last, in milliseconds
  body  blob    not null  -- sealed JSON of hq.Conversation
) strict;
create index chat_of_cart on chat (cart) where cart <> '';
create index chat_waits on chat (waits) where waits > 0;
create index chat_heard on chat (heard);

-- The apps' messages that took effect: each may come again.
create table chat_taken (
  app  text    not null,
  id   text    not null,
  at   integer not null,
  primary key (app, id)
) strict;
create index chat_taken_at on chat_taken (at);

-- What was said, and what is still to be sent.
create table chat_line (
  n      integer primary key,
  chat   text    not null references chat (id) on delete cascade,
  app    text    not null,
  at     integer not null,
  author text    not null, -- person, bot, or the name of a token
  state  text    not null, -- heard, queued, sent, refused, failed or told
  topic  text    not null, -- what it tells, which is told once; '' for what may be said again
  body   blob    not null, -- sealed JSON of hq.ChatText
  tries  integer not null default 0,
  due    integer not null default 0, -- not sent before
  holder text    not null default '', -- who is sending it
  held   integer not null default 0, -- until when
  error  text    not null default '' -- of the last try
) strict;
create index chat_line_of_chat on chat_line (chat, n);
create index chat_line_queued on chat_line (app, due) where state = 'queued';
create unique index chat_line_topic on chat_line (chat, topic) where topic <> '';

-- Keys that an app gives out for a while, in exchange for the one before.
create table chat_key (
  app     text    not null primary key,
  origin  blob    not null, -- hash of the settings that the first one came from
  body    blob    not null, -- sealed JSON of hq.ChatKey
  holder  text    not null default '', -- who is renewing it
  held    integer not null default 0
) strict;

-- Who writes in a chat app is told of orders that changed.
create index order_changed on orders (changed);
