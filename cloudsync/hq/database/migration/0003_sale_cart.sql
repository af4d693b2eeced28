-- The cart that a sale was made of, out of its body.
alter table sale add column cart text generated always as (
  case when json_valid(cast(body as text)) then json_extract(cast(body as text), '$.cart') end
) virtual;
create index sale_cart on sale (cart);
