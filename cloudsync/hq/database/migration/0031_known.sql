-- Browsers in which somebody has signed in before: their wrong passwords are counted
-- apart from everybody else's.
create table account_browser (
  hash    blob    not null, -- SHA-256 of what the browser keeps
  account text    not null references account (name) on delete cascade,
  wrong   integer not null default 0, -- passwords tried in a row
  seen    integer not null, -- when they signed in last
  primary key (hash, account)
) strict;
create index account_browser_of on account_browser (account, seen);

-- The person who made a key, and on whose right it stands; empty where the settings do.
alter table account_key add column maker text not null default '';
update account_key set maker = coalesce((select p.name from account p join act a on a.person = p.name
  where a.what = 'key.make' and a.subject = account_key.id || '… ' || account_key.name limit 1), '');
