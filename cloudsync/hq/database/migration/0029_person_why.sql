-- Why somebody was deleted, in one of a few words; '' where nobody was asked for it yet.
alter table person_ask add column why text not null default '';
