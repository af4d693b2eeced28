-- By which event of which gateway an order was handed over, as node/id: made anew
-- from the inbox, that one is known from any other.
alter table orders add column collected text not null default '';
