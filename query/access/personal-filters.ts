import { InletError } from '../../schemas/errors.ts';
import type { PropertyFilter } from '../resolve/property-filters.ts';
import { maskText } from './personal.ts';
import { isPersonalName } from './personal-names.ts';

/**
 * For a reader who sees masked values: a filter that told them apart would tell them. Filters under personal names are
 * refused, and the others look at what the reader would see.
 *
 * @throws InletError scope_missing
 */
export function seenFilters(filters: readonly PropertyFilter[]): readonly PropertyFilter[] {
  if (filters.some(({ path }) => path.some(isPersonal))) {
    throw new InletError('scope_missing', { detail: 'personal_data, to filter by that' });
  }
  return filters.map((filter) => ({ ...filter, masked: true }));
}

function isPersonal(step: string): boolean {
  return isPersonalName(step) || maskText(step) !== step;
}
