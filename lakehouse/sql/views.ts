/** The views of a session, and what each of their columns says: `.schema` and the documents come from here. */
import { COLUMNS, PRODUCT_FIELDS } from '../../schemas/columns.ts';

export interface View {
  readonly name: string;
  readonly text: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly text: string }[];
}

const EVENT_COLUMNS = COLUMNS.map(({ name, type, text }) => ({ name, type, text }));

function ofEvents(...names: string[]): View['columns'] {
  return names.flatMap((name) => EVENT_COLUMNS.filter((column) => column.name === name));
}

const PRODUCT_TEXTS: Record<(typeof PRODUCT_FIELDS)[number]['name'], string> = {
  product_id: 'Id of the product, as sent.',
  category: 'Category of the product, as sent.',
  price: 'Price of one piece, in currency units as sent.',
  quantity: 'Pieces.',
};

export const VIEWS: readonly View[] = [
  { name: 'events', text: 'Every event, once; not those that were taken back.', columns: EVENT_COLUMNS },
  {
    name: 'failed_events',
    text: 'What was rejected, with what was sent.',
    columns: EVENT_COLUMNS,
  },
  { name: 'retracted_events', text: 'Events that were taken back.', columns: EVENT_COLUMNS },
  {
    name: 'retractions',
    text: 'Calls that took an event back: name and previous_id are its source and message_id.',
    columns: EVENT_COLUMNS,
  },
  {
    name: 'users',
    text: 'One row a user key: when it was seen and what the latest identify call said.',
    columns: [
      ...ofEvents('user_key'),
      { name: 'user_id', type: 'string', text: 'The known user; null where only a device or browser is known.' },
      { name: 'first_seen', type: 'timestamp', text: 'Its first event.' },
      { name: 'last_seen', type: 'timestamp', text: 'Its last event.' },
      { name: 'events', type: 'int', text: 'How many events it has.' },
      { name: 'traits', type: 'json', text: 'traits of its latest identify call, as JSON text.' },
    ],
  },
  {
    name: 'people',
    text: 'Who is whom as known now: one row for each id that an identify or alias call gave to somebody.',
    columns: [
      { name: 'user_key', type: 'string', text: 'The id: an anonymous_id or a previous_id, as sent.' },
      { name: 'person', type: 'string', text: 'The same for all ids of a person: the one that belongs to no other.' },
    ],
  },
  {
    name: 'products',
    text: 'One row for each product of an ecommerce event.',
    columns: [
      ...ofEvents('timestamp', 'source', 'message_id', 'user_key', 'group_id', 'event'),
      ...PRODUCT_FIELDS.map(({ name, type }) => ({ name, type, text: PRODUCT_TEXTS[name] })),
    ],
  },
];

/** Over the view `events`. */
export const DERIVED_VIEWS = `
  create view users as
    select user_key, max(user_id) as user_id, min("timestamp") as first_seen, max("timestamp") as last_seen,
      count(*) as events,
      arg_max(traits, ("timestamp", source, message_id)) filter (type = 'identify' and traits is not null) as traits
    from events group by user_key;
  create view people as
    with recursive
      -- An id belongs to the user id of the earliest call that names both, and to no other.
      links as (
        select id, arg_min(user_id, ("timestamp", received_at, pack_id, pack_index)) as person
        from (select *, if(type = 'identify', anonymous_id, previous_id) as id from events where type in ('identify', 'alias'))
        where id <> user_id group by id
      ),
      -- A union keeps each pair once, so that a circle of aliases ends; there the smallest id stands for all.
      above(id, person) as (
        from links
        union
        select above.id, links.person from above join links on above.person = links.id
      )
    select id as user_key, min(person) as person
    from above
    where person not in (select id from links) or (person, person) in (from above)
    group by id;
  create view products as
    select "timestamp", source, message_id, user_key, group_id, event, unnest(products, recursive := true)
    from events where products is not null;`;
