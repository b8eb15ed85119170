/** The columns of the table, and tables from before one was added. */
import { expect, test } from 'vitest';
import { commit } from '../../lakehouse/catalog/commit.ts';
import { tableFiles } from '../../lakehouse/catalog/files.ts';
import { icebergSchema, LAST_COLUMN_ID } from '../../lakehouse/catalog/iceberg/types.ts';
import { currentSchema, type SchemaRecord, withColumns } from '../../lakehouse/catalog/metadata.ts';
import { EMPTY_SNAPSHOT } from '../../lakehouse/catalog/snapshot.ts';
import { loadSnapshot, loadTable } from '../../lakehouse/catalog/store.ts';
import { virtualClock } from '../../platform/sim/clock.ts';
import { memoryStore } from '../../platform/sim/object-store.ts';
import { seededRandom } from '../../platform/sim/random.ts';
import { COLUMNS } from '../../schemas/columns.ts';
import { file } from './files.ts';
import { forgetNewestColumn } from './older.ts';

const NOTHING = { committed_at: 1, as_of: null, add: [], remove: [], consume: [], forget: [] };

test('the schema has every column under its id, nested ones as well, and no id twice', () => {
  const { fields } = icebergSchema(0);
  expect(fields.map(({ id, name, required }) => ({ id, name, required }))).toEqual(
    COLUMNS.map(({ id, name, nullable }) => ({ id, name, required: !nullable })),
  );
  expect(fields.find(({ name }) => name === 'products')?.type).toMatchObject({
    type: 'list',
    'element-id': 99,
    'element-required': false,
    element: {
      type: 'struct',
      fields: [{ id: 100 }, { id: 101 }, { id: 102, type: 'double' }, { id: 103, type: 'int' }],
    },
  });
  expect(LAST_COLUMN_ID).toBe(103);
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  expect(types.get('pack_id')).toBe('uuid');
  expect(types.get('timestamp')).toBe('timestamptz');
  expect(types.get('properties')).toBe('string');
});

test('a table from before a column was added gets a schema with it at the next commit, and keeps the old one', async () => {
  const lake = memoryStore(virtualClock(0));
  const ports = { lake, random: seededRandom(1), lake_uri: 'file:///lake' };
  const [old, added] = [
    file('table/data/date=2026-03-28/type=track/a.parquet'),
    file('table/data/date=2026-03-28/type=track/b.parquet'),
  ];
  await commit(ports, EMPTY_SNAPSHOT, { ...NOTHING, add: [old] });
  await forgetNewestColumn(lake);
  const before = (await loadTable(lake)).metadata;
  expect(before?.schemas.map(({ fields }) => fields.length)).toEqual([COLUMNS.length - 1]);

  expect(await commit(ports, await loadSnapshot(lake), { ...NOTHING, add: [added] })).toBe('ok');
  const { metadata, snapshot } = await loadTable(lake);
  if (metadata === null) throw new Error('There is no table');
  expect(metadata.schemas.map(({ fields }) => fields.length)).toEqual([COLUMNS.length - 1, COLUMNS.length]);
  expect(currentSchema(metadata)['schema-id']).toBe(1);
  expect(metadata.snapshots.map(({ schema_id }) => schema_id)).toEqual([0, 1]);
  expect((await tableFiles(lake, snapshot)).map(({ key }) => key)).toEqual([old.key, added.key]);
});

test('a table that knows later columns keeps its schema', () => {
  const later: SchemaRecord = { ...icebergSchema(3), fields: [...icebergSchema(3).fields, { id: 500, name: 'later' }] };
  expect(withColumns([later])).toEqual([later]);
});

test('a column that is required cannot be added: files from before lack it', () => {
  const older: SchemaRecord = { ...icebergSchema(0, COLUMNS.slice(1)) };
  expect(() => withColumns([older])).toThrow('must be nullable');
});
