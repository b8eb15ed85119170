/**
 * What a report can be asked beside its days. Values are checked against the type that the header declares and bound as
 * DuckDB variables, which the SQL reads with `getvariable`; no text of a user becomes part of a statement.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { InletError } from '../../schemas/errors.ts';
import { isSegment, SEGMENT_NAMES } from './segments.ts';

/** One step of a funnel: events of this name, and of them only those with this value of a property. */
export interface Step {
  readonly event: string;
  /** `category`, or a path below `properties` such as `plan`; null for every event of the name. */
  readonly property: string | null;
  readonly value: string | null;
}

/** As a header writes it, in JSON. */
export type ParameterDefault = string | number | null | readonly string[];

export interface Parameter {
  readonly name: string;
  /**
   * `integer`; `hours`, which also says how long after its day an event still counts; `segment`, a property to group by;
   * `steps`, events in order; else words divided by `|`, one of which is meant.
   */
  readonly type: string;
  readonly default: ParameterDefault;
  readonly text: string;
}

/** Texts as people type them, by the name of the parameter. */
export type Given = Readonly<Record<string, string | readonly string[]>>;

type Value = string | number | null | readonly Step[];
export type Values = ReadonlyMap<string, Value>;

const HOURS_MAX = 720;
const STEPS_MAX = 10;
const TEXT_MAX = 1_024;
const STEP = /^(.+?)(?:\s*\[\s*([^=\]]+?)\s*=\s*(.*)\])?$/s;
const PROPERTY = /^[^."'\\[\]]+(?:\.[^."'\\[\]]+)*$/;
const CHOICE = /^[a-z_]+(?:\|[a-z_]+)+$/;
const TYPES = ['integer', 'hours', 'segment', 'steps'];

/** @throws Error where the type is none or the default is not of it */
export function parseParameterType(name: string, type: string, fallback: ParameterDefault, text: string): Parameter {
  if (!TYPES.includes(type) && !CHOICE.test(type)) {
    throw new Error(`a parameter is ${TYPES.join(', ')} or words such as day|week, not "${type}"`);
  }
  const parameter = { name, type, default: fallback, text };
  readValue(parameter, undefined);
  return parameter;
}

/** @throws InletError parameter_invalid, for names that the report does not take too */
export function valuesOf(report: { name: string; parameters: readonly Parameter[] }, given: Given): Values {
  const known = report.parameters.map(({ name }) => name);
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const takes = known.length === 0 ? 'none' : known.join(', ');
    throw invalid(`${report.name} does not take "${stranger}"; its parameters: ${takes}`);
  }
  return new Map(report.parameters.map((parameter) => [parameter.name, readValue(parameter, given[parameter.name])]));
}

/** How many days after its first one a row may count events, because of parameters. */
export function hoursOf(parameters: readonly Parameter[], values: Values): number {
  const hours = parameters.filter(({ type }) => type === 'hours').map(({ name }) => Number(values.get(name)));
  return Math.max(0, ...hours);
}

/** The property to group by; null for none. */
export function segmentOf(parameters: readonly Parameter[], values: Values): string | null {
  const segment = parameters.find(({ type }) => type === 'segment');
  const value = segment === undefined ? null : values.get(segment.name);
  return typeof value === 'string' ? value : null;
}

export async function bindValues(connection: DuckDBConnection, values: Values): Promise<void> {
  for (const [name, value] of values) {
    // A list of steps goes as JSON, so that it is bound too.
    const isList = typeof value === 'object' && value !== null;
    const sql = isList ? `from_json($1, '[{"event": "VARCHAR", "property": "VARCHAR", "value": "VARCHAR"}]')` : '$1';
    await connection.run(`set variable "${name}" = ${sql}`, [isList ? JSON.stringify(value.map(withPath)) : value]);
  }
}

/** Paths as DuckDB has them. */
function withPath({ event, property, value }: Step): Step {
  if (property === null || property === 'category') return { event, property, value };
  return { event, property: `$."${property.split('.').join('"."')}"`, value };
}

function readValue({ name, type, default: fallback }: Parameter, given: string | readonly string[] | undefined): Value {
  const value = given ?? fallback;
  if (type === 'steps') return stepsOf(name, typeof value === 'string' ? [value] : value);
  if (typeof value === 'object' && value !== null) throw invalid(`"${name}" takes one value`);
  if (type === 'segment') {
    if (value === null || (typeof value === 'string' && isSegment(value))) return value;
    throw invalid(`"${name}" is ${SEGMENT_NAMES}, not "${value}"`);
  }
  if (type === 'integer' || type === 'hours') {
    const number = typeof value === 'string' && !/^\d{1,9}$/.test(value) ? Number.NaN : Number(value ?? Number.NaN);
    const [least, most] = type === 'hours' ? [1, HOURS_MAX] : [0, 999_999_999];
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw invalid(`"${name}" is a whole number from ${least} to ${most}, not "${value}"`);
  }
  const word = type.split('|').find((choice) => choice === value);
  if (word === undefined) throw invalid(`"${name}" is ${type.split('|').join(' or ')}, not "${value}"`);
  return word;
}

function stepsOf(name: string, texts: unknown): Step[] {
  if (!Array.isArray(texts) || texts.length < 1 || texts.length > STEPS_MAX) {
    throw invalid(`"${name}" takes 1 to ${STEPS_MAX} steps`);
  }
  return texts.map((text: unknown) => {
    const [, event, property, value] =
      STEP.exec(typeof text === 'string' && text.length <= TEXT_MAX ? text.trim() : '') ?? [];
    if (event === undefined) throw invalid(`a step of "${name}" is an event name of at most ${TEXT_MAX} characters`);
    if (property !== undefined && !PROPERTY.test(property)) throw invalid(`"${property}" is no property to filter by`);
    return { event, property: property ?? null, value: value ?? null };
  });
}

function invalid(detail: string): InletError {
  return new InletError('parameter_invalid', { detail });
}
