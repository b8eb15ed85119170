/** The event columns, the partitions and the order of rows as Iceberg says them. */
import { COLUMNS, type ColumnSpec, PRODUCT_ELEMENT_ID, PRODUCT_FIELDS } from '../../../schemas/columns.ts';

type Primitive = 'string' | 'timestamptz' | 'uuid' | 'int' | 'boolean' | 'double';

interface Field {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: Primitive | List | Struct;
  readonly doc?: string;
}

interface Struct {
  readonly type: 'struct';
  readonly fields: readonly Field[];
}

interface List {
  readonly type: 'list';
  readonly 'element-id': number;
  readonly 'element-required': boolean;
  readonly element: Struct;
}

const PRIMITIVES = {
  string: 'string',
  json: 'string',
  timestamp: 'timestamptz',
  uuid: 'uuid',
  int: 'int',
  boolean: 'boolean',
} as const satisfies Record<Exclude<ColumnSpec['type'], 'products'>, Primitive>;

const PRODUCTS: List = {
  type: 'list',
  'element-id': PRODUCT_ELEMENT_ID,
  'element-required': false,
  element: {
    type: 'struct',
    fields: PRODUCT_FIELDS.map(({ id, name, type }) => ({ id, name, required: false, type })),
  },
};

/** A schema as the metadata has it. @param columns a part of the column table, for tables made by older versions */
export function icebergSchema(id: number, columns: readonly ColumnSpec[] = COLUMNS): Struct & { 'schema-id': number } {
  return {
    type: 'struct',
    'schema-id': id,
    fields: columns.map(({ id, name, type, nullable, text }) => ({
      id,
      name,
      required: !nullable,
      type: type === 'products' ? PRODUCTS : PRIMITIVES[type],
      doc: text,
    })),
  };
}

/** The largest id of any field, nested ones included. */
export const LAST_COLUMN_ID = Math.max(
  PRODUCT_ELEMENT_ID,
  ...COLUMNS.map(({ id }) => id),
  ...PRODUCT_FIELDS.map(({ id }) => id),
);

function columnId(name: (typeof COLUMNS)[number]['name']): number {
  return COLUMNS.find((column) => column.name === name)?.id ?? 0;
}

export const TIMESTAMP_ID = columnId('timestamp');
export const RECEIVED_ID = columnId('received_at');
const TYPE_ID = columnId('type');
const USER_KEY_ID = columnId('user_key');

export const DATE_FIELD_ID = 1000;
export const TYPE_FIELD_ID = 1001;
export const SPEC_ID = 0;
export const PARTITION_FIELDS = [
  { name: 'date', transform: 'day', 'source-id': TIMESTAMP_ID, 'field-id': DATE_FIELD_ID },
  { name: 'type', transform: 'identity', 'source-id': TYPE_ID, 'field-id': TYPE_FIELD_ID },
] as const;

export const SORT_ORDER_ID = 1;
export const SORT_FIELDS = [USER_KEY_ID, TIMESTAMP_ID].map((id) => ({
  transform: 'identity',
  'source-id': id,
  direction: 'asc',
  'null-order': 'nulls-last',
}));
