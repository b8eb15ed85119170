/** A report says what it is in the comments above its SQL. */
import { type EventType, isEventType } from '../../schemas/event.ts';
import { type Parameter, type ParameterDefault, parseParameterType } from './parameters.ts';

export const COLUMN_TYPES = ['date', 'string', 'integer', 'number'] as const;
/** In rows: `date` is 2026-01-31, the others JSON strings and numbers. Any of them may be null. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

export const SQL_TYPES: Record<ColumnType, string> = {
  date: 'DATE',
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
};

/** `report_events` are events; `user_days` says on which days each user was active, and is small. */
export const READS = ['report_events', 'user_days'] as const;

export interface ReportColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly text: string;
}

/** What people are told of a report. */
export interface ReportHeader {
  readonly name: string;
  readonly description: string;
  /** What one row stands for. */
  readonly grain: string;
  /** The first is always `date`. */
  readonly columns: readonly ReportColumn[];
  /** Names of the columns whose values may be added up over rows; a user who is in two rows is not two users. */
  readonly sums: readonly string[];
  readonly parameters: readonly Parameter[];
}

export interface ReportDefinition extends ReportHeader {
  readonly reads: (typeof READS)[number];
  /** Types of the events that it looks at, so that no file of others is opened; null for all. */
  readonly types: readonly EventType[] | null;
  /** An event counts in rows of its own day and up to this many days after. */
  readonly reach_days: number;
  /** And up to this many days before, as in the row of a month, which has the date of its first day. */
  readonly reach_back_days: number;
  readonly sql: string;
}

/** A header that is none, with the place. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

const FIELD = /^-- (name|grain|reads|types|sums|reach_days|reach_back_days|description): (\S.*)$/;
const COLUMN = /^-- {3}(\w+) +(\w+) +(\S.*)$/;
const PARAMETER = /^-- {3}(\w+) +(\S+) = (.+?): (\S.*)$/;
const NAME = /^[a-z][a-z0-9_]*$/;
const DAYS_MAX = 400;
/** What a report is always told. */
const RESERVED = ['from', 'to', 'timezone'];

/**
 * @param file named in errors
 * @throws ReportError naming file and line: a report without a whole header is none
 */
export function parseReport(sql: string, file: string): ReportDefinition {
  const fields = new Map<string, { value: string; line: number }>();
  const columns: ReportColumn[] = [];
  const parameters: Parameter[] = [];
  let section: 'fields' | 'columns' | 'parameters' = 'fields';
  let line = 0;
  const wrong = (text: string, at = line): never => {
    throw new ReportError(`${file}:${at}: ${text}`);
  };
  for (const text of sql.split('\n')) {
    line += 1;
    if (!text.startsWith('--')) break;
    const [, field, value] = FIELD.exec(text) ?? [];
    if (text === '-- columns:' || text === '-- parameters:')
      section = text === '-- columns:' ? 'columns' : 'parameters';
    else if (field !== undefined && value !== undefined && !fields.has(field)) fields.set(field, { value, line });
    else if (section === 'columns') columns.push(columnOf(text, columns, wrong));
    else if (section === 'parameters') parameters.push(parameterOf(text, parameters, wrong));
    else wrong(`this is no line of a report's header, or comes twice: ${text}`);
  }
  const read = (field: string): string => fields.get(field)?.value ?? wrong(`the header has no "${field}"`);
  const days = (field: string, fallback?: string): number => {
    const text = fields.get(field)?.value ?? fallback ?? wrong(`the header has no "${field}"`);
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return count <= DAYS_MAX
      ? count
      : wrong(`"${field}" is a number of days up to ${DAYS_MAX}`, fields.get(field)?.line);
  };
  const name = read('name');
  if (!NAME.test(name)) wrong('"name" is lower-case letters, digits and _', fields.get('name')?.line);
  const sums = (fields.get('sums')?.value.split(',') ?? []).map((column) => column.trim());
  const misnamed = sums.find((sum) => !columns.some((column) => column.name === sum && isNumeric(column)));
  if (misnamed !== undefined) wrong(`"sums" names columns with numbers, not "${misnamed}"`, fields.get('sums')?.line);
  const reads = READS.find((known) => known === (fields.get('reads')?.value ?? READS[0]));
  const types = fields
    .get('types')
    ?.value.split(',')
    .map((type) => typeOf(type.trim(), (text) => wrong(text, fields.get('types')?.line)));
  if (columns[0]?.name !== 'date' || columns[0].type !== 'date') wrong('the first column is "date", a date');
  if (
    sql
      .split('\n')
      .slice(line - 1)
      .join('')
      .trim() === ''
  )
    wrong('there is no SQL below the header');
  if (types !== undefined && reads !== 'report_events')
    wrong('"types" are of report_events', fields.get('types')?.line);
  return {
    name,
    description: read('description'),
    grain: read('grain'),
    reads: reads ?? wrong(`"reads" is ${READS.join(' or ')}`, fields.get('reads')?.line),
    types: types ?? null,
    reach_days: days('reach_days'),
    reach_back_days: days('reach_back_days', '0'),
    columns,
    sums,
    parameters,
    sql,
  };
}

export function isNumeric({ type }: { readonly type: string }): boolean {
  return type === 'integer' || type === 'number';
}

function typeOf(word: string, wrong: (text: string) => never): EventType {
  return isEventType(word) ? word : wrong(`"types" are types of calls, such as track, not "${word}"`);
}

function columnOf(line: string, before: readonly ReportColumn[], wrong: (text: string) => never): ReportColumn {
  const [, name, word, text] = COLUMN.exec(line) ?? [];
  if (name === undefined || text === undefined) return wrong(`a column is "--   name type What it says", not: ${line}`);
  if (!NAME.test(name)) wrong(`a column's name is lower-case letters, digits and _: ${line}`);
  if (before.some((column) => column.name === name)) wrong(`the column "${name}" comes twice`);
  const type = COLUMN_TYPES.find((known) => known === word);
  return { name, type: type ?? wrong(`a column is ${COLUMN_TYPES.join(', ')}: ${line}`), text };
}

function parameterOf(line: string, before: readonly Parameter[], wrong: (text: string) => never): Parameter {
  const [, name, word, given, text] = PARAMETER.exec(line) ?? [];
  if (name === undefined || word === undefined || given === undefined || text === undefined)
    return wrong(`a parameter is "--   name type = default: What it does", not: ${line}`);
  if (!NAME.test(name) || RESERVED.includes(name)) wrong(`"${name}" is no name for a parameter`);
  if (before.some((parameter) => parameter.name === name)) wrong(`the parameter "${name}" comes twice`);
  try {
    const fallback: ParameterDefault = JSON.parse(given);
    return parseParameterType(name, word, fallback, text);
  } catch (error) {
    return wrong(`${error instanceof Error ? error.message : error}: ${line}`);
  }
}
