-- The cart that a sale was made of becomes an ordinary column, which both
-- kinds of database have; '' is none.
drop index sale_cart;
alter table sale rename column cart to cart_of_body;
alter table sale add column cart text not null default '';
update sale set cart = coalesce(cart_of_body, '');
alter table sale drop column cart_of_body;
create index sale_cart on sale (cart, node);
