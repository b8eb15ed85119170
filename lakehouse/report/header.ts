/** A report says what it is in the comments above its SQL. */
export const COLUMN_TYPES = ['date', 'string', 'integer', 'number'] as const;
/** In rows: `date` is 2026-01-31, the others JSON strings and numbers. Any of them may be null. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface ReportColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly text: string;
}

export interface ReportDefinition {
  readonly name: string;
  readonly description: string;
  /** What one row stands for. */
  readonly grain: string;
  /** An event counts in reports of its own day and up to this many days after. */
  readonly reach_days: number;
  /** The first is always `date`. */
  readonly columns: readonly ReportColumn[];
  readonly sql: string;
}

const FIELD = /^-- (name|grain|reach_days|description): (\S.*)$/;
const COLUMN = /^-- {3}(\w+) +(\w+) +(\S.*)$/;

/** @throws Error naming the line or the field: a report without a whole header is none */
export function parseReport(sql: string): ReportDefinition {
  const fields = new Map<string, string>();
  const columns: ReportColumn[] = [];
  for (const line of sql.split('\n')) {
    if (!line.startsWith('--')) break;
    const [, field, value] = FIELD.exec(line) ?? [];
    const [, name, type, text] = COLUMN.exec(line) ?? [];
    if (field !== undefined && value !== undefined) fields.set(field, value);
    else if (name !== undefined && text !== undefined) columns.push({ name, type: columnType(type, line), text });
    else if (line !== '-- columns:') throw new Error(`This is no line of a report header: ${line}`);
  }
  const read = (field: string): string => {
    const value = fields.get(field);
    if (value === undefined) throw new Error(`The header of the report has no "${field}": ${sql.slice(0, 60)}`);
    return value;
  };
  const [first] = columns;
  const reach_days = Number(read('reach_days'));
  if (!Number.isInteger(reach_days) || reach_days < 0) throw new Error(`"reach_days" of ${read('name')} is no number`);
  if (first?.name !== 'date' || first.type !== 'date')
    throw new Error(`The first column of ${read('name')} is no date`);
  return { name: read('name'), description: read('description'), grain: read('grain'), reach_days, columns, sql };
}

function columnType(word: string | undefined, line: string): ColumnType {
  const type = COLUMN_TYPES.find((known) => known === word);
  if (type === undefined) throw new Error(`A report column is ${COLUMN_TYPES.join(', ')}: ${line}`);
  return type;
}
