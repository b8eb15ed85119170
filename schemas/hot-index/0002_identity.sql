-- Who is whom, and which events were taken back: folds over few events, beside the timelines. As in 0001, rows are only ever
-- added, to both slots. docs/adr says why.

-- Calls that said that two ids are one person: identify (anonymous id, user id) and alias (previous id, user id). Of an id
-- the earliest ones are kept, as it belongs to the first that counts.
create table links_a (
  id text not null,
  -- Of the call, epoch milliseconds.
  timestamp integer not null,
  stamp text not null,
  -- The user id it belongs to.
  person text not null,
  -- Of the call.
  identity text not null,
  -- index_state.sequence when it came; 0 where a rebuild brought it.
  sequence integer not null,
  primary key (id, timestamp, stamp)
) without rowid;

-- The other way round: ids that may belong to a user id. Whether one does, links_a says.
create table members_a (
  person text not null,
  id text not null,
  primary key (person, id)
) without rowid;

-- One group call.
create table groups_a (
  user_key text not null,
  timestamp integer not null,
  stamp text not null,
  identity text not null,
  group_id text not null,
  traits text,
  primary key (user_key, timestamp, stamp)
) without rowid;

-- One `Event Retracted`.
create table retractions_a (
  -- Identity of the event that is taken back.
  target text not null,
  stamp text not null,
  -- Of the retraction.
  identity text not null,
  sequence integer not null,
  primary key (target, stamp)
) without rowid;

create table links_b (
  id text not null,
  timestamp integer not null,
  stamp text not null,
  person text not null,
  identity text not null,
  sequence integer not null,
  primary key (id, timestamp, stamp)
) without rowid;

create table members_b (
  person text not null,
  id text not null,
  primary key (person, id)
) without rowid;

create table groups_b (
  user_key text not null,
  timestamp integer not null,
  stamp text not null,
  identity text not null,
  group_id text not null,
  traits text,
  primary key (user_key, timestamp, stamp)
) without rowid;

create table retractions_b (
  target text not null,
  stamp text not null,
  identity text not null,
  sequence integer not null,
  primary key (target, stamp)
) without rowid;
