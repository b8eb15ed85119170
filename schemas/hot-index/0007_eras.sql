-- Events of many users share a bucket, so a reader passes over rows that hold none of the user's. That they are never many,
-- rows are numbered by eras: when the buckets of one have filled up, the next begins, and the places of the full era's events
-- are written down once more, sorted by user. Whoever reads finds a user's rows of a sorted era by key, and passes over those of the open
-- one alone. On Cloudflare, where a place is a row that is billed, all rows are of the first era (docs/adr/0018).

-- The era that rows are written to: of era n, a bucket b has the number 1024 n + b in events_a.bucket.
alter table index_state add column era_a integer not null default 0;
alter table index_state add column era_b integer not null default 0;
-- Eras below this are sorted.
alter table index_state add column sorted_a integer not null default 0;
alter table index_state add column sorted_b integer not null default 0;

create table eras_a (
  era integer primary key,
  -- All its events lie between these times, epoch milliseconds.
  oldest integer not null,
  newest integer not null,
  -- Its last row in events_a.
  last_row integer not null,
  -- The key in events_a up to which it is sorted.
  bucket integer not null,
  bucket_newest integer not null,
  bucket_content text not null
);

-- That a row holds events of a user.
create table places_a (
  -- As in events_a: with the era in it.
  bucket integer not null,
  -- Hash of the user key.
  user text not null,
  -- Of the row in events_a.
  newest integer not null,
  row integer not null,
  primary key (bucket, user, newest, row)
) without rowid;

create table eras_b (
  era integer primary key,
  oldest integer not null,
  newest integer not null,
  last_row integer not null,
  bucket integer not null,
  bucket_newest integer not null,
  bucket_content text not null
);

create table places_b (
  bucket integer not null,
  user text not null,
  newest integer not null,
  row integer not null,
  primary key (bucket, user, newest, row)
) without rowid;
