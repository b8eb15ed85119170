import { InletError } from '../../schemas/errors.ts';
import { maskText } from '../access/personal.ts';

/** Tests of one property; all that are there must hold. */
export interface PropertyFilter {
  /** Names from the outside in; a number is a place in a list. */
  readonly path: readonly string[];
  /** Text, a number, true, false or null. */
  readonly equals?: unknown;
  readonly in?: readonly unknown[] | null;
  /** Text or a number, which is greater only than its like. */
  readonly gt?: unknown;
  readonly lt?: unknown;
  readonly exists?: boolean | null;
  /** Whether it looks at what a reader without `personal_data` sees. Nobody asks for it: `query/access` says so. */
  readonly masked?: boolean;
}

type Scalar = string | number | boolean | null;
/** Of the value at the path; undefined where there is none. */
type Test = (value: unknown) => boolean;

const FILTERS_MAX = 10;
const STEPS_MAX = 8;
const STEP_CHARACTERS_MAX = 256;
const VALUES_MAX = 100;
const PLACE = /^(?:0|[1-9]\d{0,8})$/;

/** @throws InletError filter_invalid */
export function propertyTest(filters: readonly PropertyFilter[]): Test {
  if (filters.length > FILTERS_MAX) throw new InletError('filter_invalid');
  const all = filters.map(({ path, masked, ...tests }) => {
    const isSound = path.length >= 1 && path.length <= STEPS_MAX;
    if (!isSound || path.some((step) => step.length > STEP_CHARACTERS_MAX)) throw new InletError('filter_invalid');
    return { path, masked, tests: testsOf(tests) };
  });
  return (properties) =>
    all.every(({ path, masked, tests }) => {
      const value = valueAt(properties, path, masked === true);
      return tests.every((test) => test(value));
    });
}

function testsOf({ equals, in: values, gt, lt, exists }: Omit<PropertyFilter, 'path' | 'masked'>): Test[] {
  const tests: Test[] = [];
  if (equals !== undefined) {
    const wanted = scalar(equals);
    tests.push((value) => value === wanted);
  }
  if (values !== undefined && values !== null) {
    if (values.length > VALUES_MAX) throw new InletError('filter_invalid');
    const wanted = new Set<unknown>(values.map(scalar));
    tests.push((value) => wanted.has(value));
  }
  if (gt !== undefined && gt !== null) tests.push(greaterThan(gt));
  if (lt !== undefined && lt !== null) tests.push(lessThan(lt));
  if (exists !== undefined && exists !== null) tests.push((value) => (value !== undefined) === exists);
  // A filter that tests nothing is a slip, as of a variable that was not sent.
  if (tests.length === 0) throw new InletError('filter_invalid');
  return tests;
}

function scalar(value: unknown): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new InletError('filter_invalid');
}

function greaterThan(bound: unknown): Test {
  if (typeof bound === 'number') return (value) => typeof value === 'number' && value > bound;
  if (typeof bound === 'string') return (value) => typeof value === 'string' && value > bound;
  throw new InletError('filter_invalid');
}

function lessThan(bound: unknown): Test {
  if (typeof bound === 'number') return (value) => typeof value === 'number' && value < bound;
  if (typeof bound === 'string') return (value) => typeof value === 'string' && value < bound;
  throw new InletError('filter_invalid');
}

function valueAt(properties: unknown, path: readonly string[], masked: boolean): unknown {
  let value = properties;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    // A list has a length of its own, which nobody sent.
    if (Array.isArray(value) && !PLACE.test(step)) return undefined;
    value = Reflect.get(value, step);
  }
  return masked && typeof value === 'string'
    ? maskText(
        value,
        path.findLast((step) => !PLACE.test(step)),
      )
    : value;
}
