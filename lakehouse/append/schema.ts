/** The Parquet schema of every event file, from the column table. */
import type { SchemaElement } from 'hyparquet';
import { COLUMNS, type ColumnSpec, PRODUCT_ELEMENT_ID, PRODUCT_FIELDS } from '../../schemas/columns.ts';

type Leaf = Pick<SchemaElement, 'type' | 'type_length' | 'converted_type' | 'logical_type'>;

const STRING: Leaf = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };

const LEAVES = {
  string: STRING,
  // Plain text, not Parquet's JSON: readers then give the text back as it is, byte for byte.
  json: STRING,
  timestamp: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
  uuid: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
  int: { type: 'INT32' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
} as const satisfies Record<string, Leaf>;

export const FILE_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.flatMap(columnElements),
];

function columnElements({ id, name, type, nullable }: ColumnSpec): SchemaElement[] {
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
  if (type !== 'products') return [{ name, ...LEAVES[type], repetition_type, field_id: id }];
  return [
    { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' }, field_id: id },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    {
      name: 'element',
      repetition_type: 'OPTIONAL',
      num_children: PRODUCT_FIELDS.length,
      field_id: PRODUCT_ELEMENT_ID,
    },
    ...PRODUCT_FIELDS.map(
      (field): SchemaElement => ({
        name: field.name,
        ...LEAVES[field.type],
        repetition_type: 'OPTIONAL',
        field_id: field.id,
      }),
    ),
  ];
}
