-- GraphQL operations that callers may name by their hash.
create table operations (
  -- SHA-256 of the text, lower-case hex.
  sha256 text primary key not null,
  text text not null,
  -- Epoch milliseconds.
  created_at integer not null
) without rowid;
