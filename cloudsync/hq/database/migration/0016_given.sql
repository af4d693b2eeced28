-- When a second payment was given back, in milliseconds; 0 while it is due.
alter table refund_due add column given integer not null default 0;
