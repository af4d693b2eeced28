-- Records that do not add up with others, for a person to look at.
create table discrepancy (
  n       integer primary key,
  node    text    not null,
  shop    text    not null,
  kind    text    not null,
  subject text    not null, -- the receipt, or the Z report
  message text    not null,
  at      integer not null,
  unique (node, kind, subject)
) strict;
create index discrepancy_subject on discrepancy (kind, subject);

-- Refunds of receipts that their gateway did not hold, by the receipt.
create table foreign_refund (
  pos     integer not null primary key, -- of the correction
  receipt text    not null
) strict;
create index foreign_refund_receipt on foreign_refund (receipt);

create index sale_receipt on sale (receipt);
create index correction_receipt on correction (receipt);
insert into projection (name, pos) values ('audit', 0);
