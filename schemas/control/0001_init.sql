-- Who may send and who may read.

create table write_keys (
  write_key text primary key not null,
  source text not null,
  -- public: in apps and pages. secret: on servers; may import old events.
  kind text not null check (kind in ('public', 'secret')),
  created_at integer not null,
  revoked_at integer
) without rowid;

create table read_tokens (
  -- SHA-256 of the token, hex. The token itself is shown once and kept nowhere.
  token_sha256 text primary key not null,
  name text not null,
  created_at integer not null,
  revoked_at integer
) without rowid;
