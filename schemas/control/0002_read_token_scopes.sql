-- What a read token may read, how often, and until when.

-- Names of schemas/scopes.ts with a space between. A token without any reads nothing.
alter table read_tokens add column scopes text not null default '';
-- To tell tokens apart in a list; null for tokens from before.
alter table read_tokens add column last_four text;
-- Null: as often as it likes.
alter table read_tokens add column requests_per_second integer check (requests_per_second > 0);
-- Epoch milliseconds; null: never.
alter table read_tokens add column expires_at integer;

-- Tokens from before scopes keep all they had.
update read_tokens set scopes = 'timeline reports failed_events admin personal_data';
