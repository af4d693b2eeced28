-- What was sold in each quarter of an hour, so that nobody adds up all sales. It
-- fills by itself at the first start.
create table turnover (
  slot     integer not null, -- quarters of an hour since 1970, by the shop's clock
  shop     text    not null,
  node     text    not null,
  currency text    not null,
  sales    integer not null,
  amount   integer not null, -- minor units, less what was given back
  last_at  integer not null, -- the newest sale; 0 where nothing was sold
  primary key (slot, shop, node, currency)
) strict;
create index turnover_node on turnover (node, slot);
insert into projection (name, pos) values ('turnover', 0);

-- Who has dealt with what needed a person; 0 while nobody has.
alter table incident add column settled integer not null default 0;
alter table incident add column settled_by text not null default '';
alter table incident add column note text not null default '';
alter table quarantine add column settled integer not null default 0;
alter table quarantine add column settled_by text not null default '';
alter table quarantine add column note text not null default '';
alter table discrepancy add column settled integer not null default 0;
alter table discrepancy add column settled_by text not null default '';
alter table discrepancy add column note text not null default '';

-- A pull's next step is taken in one transaction.
alter table pull drop column claimed;
