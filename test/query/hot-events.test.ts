import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEvents, encodeEvents, type HotEvent } from '../../query/index/hot-events.ts';
import { stampOf } from '../../query/index/identity.ts';
import type { EventRow } from '../../schemas/columns.ts';
import { restoreContext } from '../../schemas/context.ts';
import { makeRow, pack, T0 } from './support.ts';

const AWKWARD = 'a "quoted" \\ line\n\u2028 \ud83d\ude00';

/** What a reader sees of a row, made from the row itself. */
function seen(row: EventRow) {
  const parsed = (text: string | null): unknown => JSON.parse(text ?? 'null');
  return {
    messageId: row.message_id,
    source: row.source,
    type: row.type,
    event: row.event,
    name: row.name,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    groupId: row.group_id,
    previousId: row.previous_id,
    timestamp: row.timestamp,
    receivedAt: row.received_at,
    stamp: stampOf(row.received_at, row.pack_id, row.pack_index),
    properties: parsed(row.properties),
    traits: parsed(row.traits),
    context: restoreContext(row, parsed(row.context)),
  };
}

function shown(event: HotEvent): ReturnType<typeof seen> {
  const { messageId, source, type, event: name_of_track, name, userId, anonymousId, groupId, previousId } = event;
  const { timestamp, receivedAt, stamp, properties, traits, context } = event;
  return {
    ...{ messageId, source, type, event: name_of_track, name, userId, anonymousId, groupId, previousId },
    ...{ timestamp, receivedAt, stamp, properties, traits },
    // A reader gets plain objects: restored ones are compared as such.
    context: context === null ? null : JSON.parse(JSON.stringify(context)),
  };
}

const text = fc.constantFrom(null, '', 'a', 'null', AWKWARD);
const json = fc.constantFrom(null, '{}', '{"a":[1,{"b":null}]}', '{"page":{"search":"?q"},"library":{"version":2}}');
const row = fc
  .record({
    ...{ event: text, name: text, anonymous_id: text, group_id: text, previous_id: text },
    ...{ page_url: text, page_title: text, campaign_name: text, library: text, locale: text, user_agent: text },
    ...{ properties: json, traits: json, context: json },
    source: fc.constantFrom('web', AWKWARD),
    message_id: fc.constantFrom('m1', 'm2', AWKWARD),
    timestamp: fc.integer({ min: T0, max: T0 + 2 }),
    pack_id: fc.constantFrom(pack(1), pack(2)),
    pack_index: fc.integer({ min: 0, max: 1 }),
  })
  .map((overrides) => makeRow(overrides));

test('events come back with all they had and nothing they lacked, in their order', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
      expect(decodeEvents(encodeEvents(rows)).map(shown)).toEqual(rows.map(seen));
    }),
    { numRuns: 1_000 },
  );
});

test('what all events share stands there once, and what none has not at all', () => {
  const rows = ['m1', 'm2', 'm3'].map((message_id) => makeRow({ message_id, context: '{"os":"x"}', locale: 'de-DE' }));
  const encoded = encodeEvents(rows);
  expect(encoded.split('de-DE')).toHaveLength(2);
  expect(encoded.split('"os"')).toHaveLength(2);
  expect(encoded).toContain('null,null,null]');
});

test('the context of one event can be changed without changing that of another', () => {
  const [one, other] = decodeEvents(
    encodeEvents([1, 2].map((index) => makeRow({ pack_index: index, context: '{}', locale: 'de' }))),
  );
  Object.assign(Object(one?.context), { locale: 'fr' });
  expect(other?.context).toEqual({ locale: 'de' });
  expect(one?.context).toEqual({ locale: 'de' });
});

test('rows of an older form are refused, not taken for empty', () => {
  expect(() => decodeEvents('[{"messageId":"m1"}]')).toThrow('inlet rebuild');
});
