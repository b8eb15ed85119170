-- The hot index: what services ask for. A read model, thrown away and made again from the log at any time, which is why
-- there are two slots, a and b: one is read while the other is rebuilt. Rows are only ever added to a slot, never changed
-- (docs/adr/0005-hot-index-rows.md).

create table index_state (
  id integer primary key check (id = 1),
  active text not null check (active in ('a', 'b')),
  -- The slot being rebuilt; writers fill both.
  building text check (building in ('a', 'b')),
  -- Counts the starts and ends of rebuilds, so that a reader sees that one came between.
  generation integer not null default 0,
  -- Counts the writes, so that the pages of one reading show the same moment.
  sequence integer not null default 0
);
insert into index_state (id, active) values (1, 'a');

-- One row holds what one write brought for one bucket of users, its events at most an hour apart. Rows of many users, as
-- each row is billed and each costs a page: docs/adr/0005-hot-index-rows.md. The text lies outside of the key, as SQLite
-- reads a key whole, however long, wherever it compares it; what a search looks at is all in the key.
create table events_a (
  -- hash(user key) mod 1024
  bucket integer not null,
  -- Timestamps of the newest and the oldest event in the row, epoch milliseconds.
  newest integer not null,
  -- Hash of the stamps of the events: rows of one key hold the same events.
  content text not null,
  oldest integer not null,
  -- Where the events of each user are, as ' <hash>:<start>:<length>' a user, in UTF-16 units of the next column.
  users text not null,
  -- The events of each user as JSON, column by column and newest first (query/index/hot-events.ts), one after the other.
  events text not null,
  unique (bucket, newest, content, oldest, users)
);

-- Every copy of every event. Of copies, the one with the smallest stamp (received_at, pack id, index in pack) is shown.
create table identities_a (
  -- (message_id, source): ids begin with the time in most SDKs, so new ones share pages.
  identity text not null,
  stamp text not null,
  -- index_state.sequence when it came; 0 where a rebuild brought it.
  sequence integer not null,
  primary key (identity, stamp)
) without rowid;

-- The traits of one identify call; a profile is the fold over a user's.
create table traits_a (
  user_key text not null,
  timestamp integer not null,
  stamp text not null,
  identity text not null,
  traits text not null,
  primary key (user_key, timestamp, stamp)
) without rowid;

create table events_b (
  bucket integer not null,
  newest integer not null,
  content text not null,
  oldest integer not null,
  users text not null,
  events text not null,
  unique (bucket, newest, content, oldest, users)
);

create table identities_b (
  identity text not null,
  stamp text not null,
  sequence integer not null,
  primary key (identity, stamp)
) without rowid;

create table traits_b (
  user_key text not null,
  timestamp integer not null,
  stamp text not null,
  identity text not null,
  traits text not null,
  primary key (user_key, timestamp, stamp)
) without rowid;
