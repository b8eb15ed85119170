/** A call that takes an event back: no event of its user, so it stands apart from all of them. */
import type { EventRow } from '../../schemas/columns.ts';
import { RETRACTION_TYPE, type RetractionTarget } from '../../schemas/event.ts';

/**
 * It holds for events of whatever day, so it has none of its own: all retractions lie in one partition of the table, where
 * every reader finds them at once. When the call was made, `original_timestamp` and `received_at` say.
 */
export function retractionRow(call: EventRow, target: RetractionTarget): EventRow {
  return {
    ...call,
    type: RETRACTION_TYPE,
    timestamp: 0,
    previous_id: target.message_id,
    name: target.source ?? call.source,
  };
}
