-- Rows that the timeline holds as well leave the hot index by age. Version of the timeline that holds all of them; 0 where
-- none has left since the index was made. Whoever reads an older version misses some.
alter table index_state add column dropped integer not null default 0;
-- No event has left that is newer than this, epoch milliseconds; null where none has.
alter table index_state add column dropped_newest integer;

-- How far the index reached at some time: rows up to that one came from segments that were in the log by then.
create table index_marks (
  -- Epoch milliseconds.
  at integer primary key,
  -- index_state.generation by then: a rebuild numbers the rows anew.
  generation integer not null,
  -- The last row of the active slot.
  last_row integer not null,
  -- Its content: rows that were numbered anew since are not taken for those.
  content text not null,
  -- The newest build of the timeline by then.
  build integer not null,
  -- Keys of the segments that the table had not consumed by then, as JSON.
  pending text not null
);
