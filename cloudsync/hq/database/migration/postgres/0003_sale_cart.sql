-- The cart that a sale was made of. Here it is an ordinary column.
alter table sale add column cart text;
create index sale_cart on sale (cart);
