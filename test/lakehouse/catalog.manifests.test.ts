/** How files are divided among manifests, and how manifests are written. */
import { describe, expect, test } from 'vitest';
import { decodeAvroFile, encodeAvroFile } from '../../lakehouse/catalog/avro/file.ts';
import type { AvroRecord, RecordSchema } from '../../lakehouse/catalog/avro/schema.ts';
import { dayNumber, dayText, lowerText, textOf, upperText } from '../../lakehouse/catalog/iceberg/values.ts';
import type { Entry } from '../../lakehouse/catalog/manifest.ts';
import { liveFiles, type Manifest, summarize } from '../../lakehouse/catalog/manifest-list.ts';
import { isLive, isYoung, SETTLED_FILES } from '../../lakehouse/catalog/merge.ts';
import { revise } from '../../lakehouse/catalog/revise.ts';
import type { TableFile } from '../../lakehouse/catalog/table-file.ts';
import { type SeededRandom, seededRandom } from '../../platform/sim/random.ts';
import { file } from './files.ts';

/** A table of manifests in memory. */
class Manifests {
  manifests: Manifest[] = [];
  private readonly entries = new Map<Manifest, Entry[]>();
  private sequence = 0;
  read = 0;

  async change(add: readonly TableFile[], remove: readonly TableFile[]): Promise<void> {
    this.sequence += 1;
    const change = { committed_at: 0, as_of: null, add, remove, consume: [], forget: [] };
    const place = { id: this.sequence, sequence: this.sequence, isMoved: false };
    this.read = 0;
    const { kept, written } = await revise(this.manifests, change, place, async (manifests) => {
      this.read += manifests.length;
      return manifests.map((manifest) => this.entries.get(manifest) ?? []);
    });
    const made = written.map((entries, at): Manifest => {
      const object = { key: `${this.sequence}-${at}`, bytes: 1, snapshot_id: this.sequence, sequence: this.sequence };
      const manifest = summarize(entries, object);
      this.entries.set(manifest, [...entries]);
      return manifest;
    });
    this.manifests = [...kept, ...made];
  }

  files(): TableFile[] {
    return this.manifests
      .flatMap((manifest) => this.entries.get(manifest) ?? [])
      .filter(({ status }) => status !== 'deleted')
      .map(({ file }) => file);
  }

  settled(): Manifest[] {
    return this.manifests
      .filter((manifest) => isLive(manifest) && !isYoung(manifest))
      .sort((left, right) => (left.date_min + left.date_max < right.date_min + right.date_max ? -1 : 1));
  }
}

function randomFile(random: SeededRandom, day: number): TableFile {
  return file(random.hex(16), dayText(20_000 + day), 10);
}

describe('after any changes', () => {
  test.each([1, 2, 3])('manifests name each file once, and settled ones divide the days (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const table = new Manifests();
    let files: TableFile[] = [];
    for (let commit = 0; commit < 300; commit += 1) {
      const add = Array.from({ length: random.below(12) }, () =>
        randomFile(random, Math.max(0, Math.floor(commit / 4) - random.below(20))),
      );
      const remove = commit % 7 === 3 ? files.filter(() => random.below(20) === 0) : [];
      await table.change(add, remove);
      files = [...files.filter((old) => !remove.includes(old)), ...add];
      expect(
        table
          .files()
          .map(({ key }) => key)
          .toSorted(),
      ).toEqual(files.map(({ key }) => key).toSorted());

      const settled = table.settled();
      for (const [at, manifest] of settled.entries()) {
        expect(liveFiles(manifest)).toBeLessThanOrEqual(SETTLED_FILES);
        // A day with more files than fit goes on in the next one.
        const before = settled[at - 1];
        if (before !== undefined) expect(before.date_max <= manifest.date_min).toBe(true);
      }
      expect(table.manifests.filter((manifest) => isLive(manifest) && isYoung(manifest)).length).toBeLessThan(8);
      expect(table.read).toBeLessThan(8 + 20);
    }
    expect(table.settled().length).toBeLessThan(4 * Math.ceil(files.length / SETTLED_FILES) + 4);
  });

  test('a manifest whose files are all removed goes with the next commit', async () => {
    const table = new Manifests();
    const [only, other] = [file('a'), file('b', '2026-03-30')];
    await table.change([only], []);
    await table.change([], [only]);
    expect(table.manifests.map(({ deleted }) => deleted.files)).toEqual([1]);
    await table.change([other], []);
    expect(table.manifests.map(({ added }) => added.files)).toEqual([1]);
  });
});

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'everything',
  fields: [
    { name: 'long', type: 'long' },
    { name: 'flag', type: 'boolean' },
    { name: 'text', type: ['null', 'string'] },
    { name: 'bytes', type: 'bytes' },
    { name: 'list', type: { type: 'array', items: 'int' } },
    {
      name: 'map',
      type: {
        type: 'array',
        logicalType: 'map',
        items: {
          type: 'record',
          name: 'k1_v2',
          fields: [
            { name: 'key', type: 'int' },
            { name: 'value', type: 'string' },
          ],
        },
      },
    },
  ],
};

describe('Avro', () => {
  const record = {
    long: -1,
    flag: true,
    text: '\u{1f600} ü',
    bytes: Uint8Array.of(0, 255),
    list: [1, -64, 64, 2 ** 31 - 1],
    map: new Map([[7, 'seven']]),
  } satisfies AvroRecord;

  test('reads back what was written, at the limits of whole numbers too', () => {
    const longs = [0, -1, 63, 64, -65, 8_191, 2 ** 31, 2 ** 52, Number.MAX_SAFE_INTEGER, -(2 ** 52)];
    const records = longs.map((long) => ({ ...record, long, text: long < 0 ? null : record.text }));
    expect(decodeAvroFile(encodeAvroFile(SCHEMA, { a: 'b' }, records))).toEqual(records);
    expect(decodeAvroFile(encodeAvroFile(SCHEMA, {}, []))).toEqual([]);
  });

  test('refuses a value that is not of its schema', () => {
    for (const wrong of [{ long: 1.5 }, { long: '1' }, { flag: null }, { list: 'x' }, { map: [] }]) {
      expect(() => encodeAvroFile(SCHEMA, {}, [{ ...record, ...wrong }])).toThrow(TypeError);
    }
  });

  test('a file that is cut or changed anywhere is refused, never read as something shorter', () => {
    const bytes = encodeAvroFile(SCHEMA, {}, [record, record, record]);
    for (let length = 0; length < bytes.byteLength; length += 1) {
      if (length === bytes.byteLength - blockBytes(bytes)) continue;
      expect(() => decodeAvroFile(bytes.slice(0, length))).toThrow();
    }
  });
});

/** Bytes of the only block: a file without it is whole, and empty. */
function blockBytes(bytes: Uint8Array): number {
  return bytes.byteLength - encodeAvroFile(SCHEMA, {}, []).byteLength;
}

describe('bounds', () => {
  test.each([
    ['short', 'a', 'a'],
    ['of many characters', `${'a'.repeat(31)}b${'c'.repeat(9)}`, `${'a'.repeat(31)}c`],
    ['ending before the surrogates', `${'a'.repeat(31)}\ud7ffx`, `${'a'.repeat(31)}\ue000`],
    ['with a last character that has none after it', `a${'\u{10ffff}'.repeat(40)}`, 'b'],
  ])('of a text %s hold it', (_, text, upper) => {
    expect(textOf(upperText(text) ?? new Uint8Array())).toBe(upper);
    expect(text.startsWith(textOf(lowerText(text)))).toBe(true);
  });

  test('a text that nothing comes after has no upper bound', () => {
    expect(upperText('\u{10ffff}'.repeat(40))).toBe(null);
  });

  test('days are counted from 1970 in both directions', () => {
    expect(['1969-12-31', '1970-01-01', '2026-03-28'].map(dayNumber)).toEqual([-1, 0, 20_540]);
    expect(dayText(-1)).toBe('1969-12-31');
  });
});
