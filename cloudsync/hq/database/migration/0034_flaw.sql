-- Why an event was set aside, as programs name it.
alter table quarantine add column kind text not null default 'content';
update quarantine set kind = reason where reason in ('opaque', 'withheld', 'revoked');
update quarantine set kind = 'other' where reason = 'another event with this number is held';
update quarantine set kind = 'unknown' where reason like 'event type % is unknown to this version';
update quarantine set kind = 'twice' where reason like '% is held already from another event';
