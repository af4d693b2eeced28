-- The carts that a conversation was ever about: by each of them it is found again
-- when its person is to be forgotten.
create table chat_cart (
  chat text not null references chat (id) on delete cascade,
  cart text not null,
  primary key (chat, cart)
) strict;
create index chat_cart_of_cart on chat_cart (cart);
insert into chat_cart (chat, cart) select id, cart from chat where cart <> '';
