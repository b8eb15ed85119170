/** By what property rows are told apart: names that people give, and the SQL they stand for. */

const COLUMNS = [
  'source',
  'type',
  'event',
  'name',
  'group_id',
  'page_path',
  'campaign_source',
  'campaign_medium',
  'campaign_name',
  'browser',
  'os',
  'device',
  'country',
  'region',
  'city',
  'locale',
  'library',
] as const;

const PATH = /^(properties|traits|context)((?:\.[^."'\\[\]]+)+)$/;
const CATEGORY = 'category';

export const SEGMENT_NAMES = `${CATEGORY}, ${COLUMNS.join(', ')}, or a path such as properties.plan`;

export function isSegment(name: string): boolean {
  return name === CATEGORY || COLUMNS.some((column) => column === name) || PATH.test(name);
}

/**
 * The values of a property in one event, as a list of texts that is null where there are none: an event with products of
 * two categories has two.
 *
 * @param name null for no property: then every event has the one value `(all)`
 * @throws Error for a name that `isSegment` does not take
 */
export function segmentsOf(name: string | null): string {
  if (name === null) return `['(all)']`;
  const value = valueSql(name);
  if (name !== CATEGORY) return `case when ${value} is not null then [${value}] end`;
  return `case when len(products) > 0
    then list_sort(list_distinct(list_transform(products, lambda product: coalesce(product.category, '(none)')))) end`;
}

function valueSql(name: string): string {
  const [, column, path] = PATH.exec(name) ?? [];
  if (column !== undefined && path !== undefined) return `try(json_extract_string(${column}, '${jsonPath(path)}'))`;
  const known = COLUMNS.find((candidate) => candidate === name);
  if (known === undefined && name !== CATEGORY) throw new Error(`"${name}" is no property to group by`);
  return `"${known}"`;
}

/** Whatever stands between two dots is one key; no quote is among it. */
function jsonPath(path: string): string {
  return `$${path
    .slice(1)
    .split('.')
    .map((key) => `."${key}"`)
    .join('')}`;
}
