import { expect, test } from 'vitest';
import { decodeEvents, encodeEvents } from '../../query/index/hot-events.ts';
import { Candidates } from '../../query/resolve/candidates.ts';
import type { Copy } from '../../query/resolve/copy.ts';
import { makeRow, T0 } from './support.ts';

function copy(messageId: string, stamp: string, characters: number, timestamp = T0): Copy {
  const [event] = decodeEvents(encodeEvents([makeRow({ message_id: messageId, timestamp })]));
  if (event === undefined) throw new Error('One event was written, none came back.');
  return { event, stamp, characters, isCold: false };
}

const labels = (copies: Copy[]): string[] => copies.map(({ event, stamp }) => event.messageId + stamp);
const ALL = Number.NEGATIVE_INFINITY;

test('copies come out in the order of the timeline, each once, none at or below the time asked for', () => {
  const candidates = new Candidates('newest');
  candidates.add([copy('b', '1', 1), copy('a', '2', 1)], 100);
  candidates.add([copy('a', '1', 1), copy('b', '1', 1), copy('z', '1', 1, T0 + 1)], 100);
  expect(labels(candidates.take(10, T0))).toEqual(['z1']);
  expect(labels(candidates.take(2, ALL))).toEqual(['a1', 'a2']);
  expect(labels(candidates.take(2, ALL))).toEqual(['b1']);
});

test('what found no room keeps out whatever belongs behind it, small as it may be', () => {
  const candidates = new Candidates('newest');
  candidates.add([copy('a', '1', 60), copy('c', '1', 60)], 100);
  expect(candidates.cut).toBe(true);
  candidates.add([copy('b', '1', 10), copy('d', '1', 10)], 100);
  expect(labels(candidates.take(10, ALL))).toEqual(['a1', 'b1']);
});

test('all copies at one position are kept or left out together, and the first ones are always kept', () => {
  const candidates = new Candidates('newest');
  candidates.add(
    [copy('a', '1', 60), copy('a', '2', 60), copy('a', '3', 60), copy('b', '1', 1), copy('b', '2', 1)],
    100,
  );
  expect(labels(candidates.take(10, ALL))).toEqual(['a1', 'a2', 'a3']);
  expect(candidates).toMatchObject({ cut: true, size: 0 });
});
