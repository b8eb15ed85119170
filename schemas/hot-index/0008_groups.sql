-- Groups over all users, and when each source was heard last.

-- Calls that name a group, in the order of time. Longer ids are of no group that can be asked for: a key is read whole.
create index groups_a_named on groups_a (group_id, timestamp, stamp) where length(group_id) <= 512;
create index groups_b_named on groups_b (group_id, timestamp, stamp) where length(group_id) <= 512;

-- Keys that named a group. Whether one of their calls counts, groups_a says.
create table group_members_a (
  group_id text not null,
  user_key text not null,
  primary key (group_id, user_key)
) without rowid;

create table group_members_b (
  group_id text not null,
  user_key text not null,
  primary key (group_id, user_key)
) without rowid;

insert into group_members_a select distinct group_id, user_key from groups_a where length(group_id) <= 512;
insert into group_members_b select distinct group_id, user_key from groups_b where length(group_id) <= 512;

-- When the newest event of each source arrived. It only grows, in whatever order events come and however often, so one
-- table does for both slots: a rebuild adds what the log has, and takes nothing back where compaction left a copy out.
create table sources (
  source text primary key,
  -- received_at, epoch milliseconds.
  last_seen integer not null
) without rowid;
