-- The name of a cart that people type: see edge.Cart.Code. Carts that are here
-- get theirs with their next change.
alter table cart add column code text not null default '';
create index cart_code on cart (code) where code <> '';
