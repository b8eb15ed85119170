-- Cursors carry the keys of a person. They are signed with this, so that nobody reads those of somebody else with one.
alter table index_state add column cursor_secret text not null default '';
update index_state set cursor_secret = lower(hex(randomblob(32)));

-- As in 0003, one for each database that has rows of events: rows leave all of them. Those from before are of the first
-- one alone and go, so that what was about to leave stays for one hot window more.
drop table index_marks;
create table index_marks (
  at integer not null,
  -- Which database, the first is 0.
  shard integer not null,
  generation integer not null,
  last_row integer not null,
  content text not null,
  build integer not null,
  pending text not null,
  primary key (at, shard)
) without rowid;
