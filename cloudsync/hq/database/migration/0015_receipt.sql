-- Receipts are looked for within their gateway: tills of many shops have the
-- same name.
drop index sale_receipt;
create index sale_receipt on sale (node, receipt);
drop index correction_receipt;
create index correction_receipt on correction (node, receipt);
