/** A window of one leaf, as its column chunk: a dictionary page where one pays, and one data page. */
import type { ColumnChunk, Encoding, PageHeader, Statistics } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { Compressor } from '../../../platform/ports.ts';
import { compareText } from '../order.ts';
import { Dictionary } from './dictionary.ts';
import { appendHybrid, bitWidthOf } from './hybrid.ts';
import { PageBytes } from './page-bytes.ts';
import { APPEND } from './plain.ts';
import type { Leaf, Scalar } from './window.ts';

export const CODECS = { gzip: 'GZIP', zstd: 'ZSTD' } as const satisfies Record<Compressor['name'], string>;

const TYPES = {
  string: 'BYTE_ARRAY',
  json: 'BYTE_ARRAY',
  uuid: 'FIXED_LEN_BYTE_ARRAY',
  timestamp: 'INT64',
  int: 'INT32',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
} as const satisfies Record<Leaf['type'], string>;

export class ChunkWriter {
  readonly #out: ByteWriter;
  readonly #compressor: Compressor;
  readonly #page = new PageBytes();
  readonly #dictionary = new Dictionary();
  /** Levels, then booleans, of the leaf at hand. */
  readonly #numbers: number[] = [];
  #uncompressed = 0;

  constructor(out: ByteWriter, compressor: Compressor) {
    this.#out = out;
    this.#compressor = compressor;
  }

  /** @param rows in the window; @param isBounded whether readers prune by the leaf: it then has statistics */
  write(leaf: Leaf, rows: number, isBounded: boolean): ColumnChunk {
    const start = this.#out.offset;
    this.#uncompressed = 0;
    const dictionary = leaf.type !== 'boolean' && this.#dictionary.build(leaf) ? this.#dictionary : null;
    if (dictionary !== null) this.#writeDictionary(leaf, dictionary);
    const dataAt = this.#out.offset;
    const { nulls, encoding } = this.#writeData(leaf, dictionary, rows);
    return {
      file_offset: BigInt(start),
      meta_data: {
        type: TYPES[leaf.type],
        encodings: dictionary === null ? [encoding] : ['PLAIN', encoding],
        path_in_schema: leaf.path,
        codec: CODECS[this.#compressor.name],
        num_values: BigInt(leaf.places.count),
        total_uncompressed_size: BigInt(this.#uncompressed),
        total_compressed_size: BigInt(this.#out.offset - start),
        data_page_offset: BigInt(dataAt),
        ...(dictionary === null ? {} : { dictionary_page_offset: BigInt(start) }),
        ...(isBounded ? { statistics: statisticsOf(leaf, dictionary, nulls) } : {}),
      },
    };
  }

  #writeDictionary(leaf: Leaf, dictionary: Dictionary): void {
    const append = APPEND[leaf.type];
    this.#page.clear();
    for (const entry of dictionary.entries) append(this.#page, entry);
    this.#writePage(0, {
      type: 'DICTIONARY_PAGE',
      dictionary_page_header: { num_values: dictionary.size, encoding: 'PLAIN' },
    });
  }

  #writeData(leaf: Leaf, dictionary: Dictionary | null, rows: number): { nulls: number; encoding: Encoding } {
    const page = this.#page;
    const { count, repetitions } = leaf.places;
    page.clear();
    const repetition_levels_byte_length = repetitions.length > 0 ? appendHybrid(page, repetitions, count, 1) : 0;
    const { nulls, bytes: definition_levels_byte_length } = this.#appendDefinitions(leaf);
    const levelBytes = page.length;
    const encoding = this.#appendValues(leaf, dictionary, count - nulls);
    this.#writePage(levelBytes, {
      type: 'DATA_PAGE_V2',
      data_page_header_v2: {
        num_values: count,
        num_nulls: nulls,
        num_rows: rows,
        encoding,
        definition_levels_byte_length,
        repetition_levels_byte_length,
        is_compressed: true,
      },
    });
    return { nulls, encoding };
  }

  #appendDefinitions({ path, cells, places: { count, depths }, definition_max }: Leaf): {
    nulls: number;
    bytes: number;
  } {
    const levels = this.#numbers;
    let nulls = 0;
    for (let place = 0; place < count; place += 1) {
      if ((cells[place] ?? null) === null) {
        levels[place] = depths[place] ?? 0;
        nulls += 1;
      } else {
        levels[place] = definition_max;
      }
    }
    if (definition_max === 0) {
      // A page that is short of a value cannot be read, and the packs behind it are acknowledged by then.
      if (nulls > 0) throw new TypeError(`${path.join('.')} is null in ${nulls} rows, and may not be`);
      return { nulls, bytes: 0 };
    }
    return { nulls, bytes: appendHybrid(this.#page, levels, count, bitWidthOf(definition_max)) };
  }

  #appendValues(leaf: Leaf, dictionary: Dictionary | null, values: number): Encoding {
    const page = this.#page;
    if (dictionary !== null) {
      page.reserve(1);
      page.appendByte(dictionary.bit_width);
      appendHybrid(page, dictionary.indexes, values, dictionary.bit_width);
      return 'RLE_DICTIONARY';
    }
    if (leaf.type === 'boolean') {
      const bits = this.#numbers;
      const lengthAt = page.length;
      let count = 0;
      for (let place = 0; place < leaf.places.count; place += 1) {
        const value = leaf.cells[place] ?? null;
        if (value !== null) bits[count++] = value === true ? 1 : 0;
      }
      page.appendInt32(0);
      page.setUint32(lengthAt, appendHybrid(page, bits, count, 1));
      return 'RLE';
    }
    const append = APPEND[leaf.type];
    for (let place = 0; place < leaf.places.count; place += 1) {
      const value = leaf.cells[place] ?? null;
      if (value !== null) append(page, value);
    }
    return 'PLAIN';
  }

  /** Levels stay as they are, what follows is compressed. */
  #writePage(levelBytes: number, header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>): void {
    const page = this.#page;
    const compressed = this.#compressor.compress(page.from(levelBytes));
    const start = this.#out.offset;
    const sizes = { uncompressed_page_size: page.length, compressed_page_size: levelBytes + compressed.length };
    writePageHeader(this.#out, { ...header, ...sizes });
    this.#uncompressed += this.#out.offset - start + page.length;
    this.#out.appendBytes(page.from(0).subarray(0, levelBytes));
    this.#out.appendBytes(compressed);
  }
}

/** Of a leaf without nulls. Bounds are whole: a user is looked up by its whole key. */
function statisticsOf({ type, cells, places }: Leaf, dictionary: Dictionary | null, nulls: number): Statistics {
  const values = dictionary === null ? cells.slice(0, places.count) : [...dictionary.entries];
  const null_count = BigInt(nulls);
  if (type === 'timestamp') {
    const times = values.map(Number);
    const bound = (time: number): bigint => BigInt(time) * 1_000n;
    return { min_value: bound(least(times, subtract)), max_value: bound(least(times, (a, b) => b - a)), null_count };
  }
  const texts = values.map((value) => String(value).toWellFormed());
  return {
    min_value: least(texts, compareText),
    max_value: least(texts, (left, right) => compareText(right, left)),
    null_count,
  };
}

function subtract(left: number, right: number): number {
  return left - right;
}

/** @param values one at least */
function least<Value extends Scalar>(values: readonly Value[], compare: (left: Value, right: Value) => number): Value {
  return values.reduce((found, value) => (compare(value, found) < 0 ? value : found));
}
