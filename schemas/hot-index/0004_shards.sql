-- Over how many databases the rows of events of each slot are spread. Everything else is in the first one.
alter table index_state add column shards_a integer not null default 1;
alter table index_state add column shards_b integer not null default 1;
