/** Creates a model that no job has made. */

import type { Room } from '../accounts/usage/room.ts';
import { addBytes, bytesOf } from '../accounts/usage/storage.ts';
import { UnavailableError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { keys } from '../keys.ts';
import { buildLists } from '../lists/build.ts';
import { transactListed } from '../lists/change.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { modelEvents } from './events.ts';
import { modelLists } from './lists.ts';
import { numbered, TRIES } from './numbering.ts';
import type { Model, TrainedModel } from './record.ts';

/**
 * Its files are written, and marked as orphaned until now. `more` are further writes of the same transaction, read anew for
 * each try; it throws if the model is not to be created any more,
 * as `room` does if the account has none for it. Resolves with the model and the event to publish.
 */
export async function createModel(
  table: Table,
  made: TrainedModel,
  now: string,
  more: () => Promise<readonly Write[]> = async () => [],
  room?: Room,
): Promise<{ readonly model: Model; readonly event: DomainEvent }> {
  const { account_id } = made;
  await buildLists(table, modelLists, account_id);
  for (let tries = 0; tries < TRIES; tries++) {
    const { created, numberAfter, writes } = await numbered(table, made);
    const event = modelEvents.created(created, now);
    const also = await more();
    const isNext = { kind: 'compare', attribute: 'last_model_number', op: '=', value: numberAfter } as const;
    const hasRoom = await room?.();
    const add = { models: 1, last_model_number: 1, ...addBytes('model_bytes', bytesOf(made)) };
    try {
      await transactListed(table, modelLists, account_id, { after: created }, [
        {
          kind: 'update',
          key: keys.account(account_id),
          change: { add },
          condition: hasRoom ? { kind: 'all', of: [isNext, hasRoom] } : isNext,
        },
        ...writes,
        recordEvent(event),
        ...also,
      ]);
      return { model: created, event };
    } catch (error) {
      if (!(error instanceof TransactionFailedError)) throw error;
      // Another model of this account took the number or the version: read again.
    }
  }
  throw new UnavailableError(`could not number a model of account ${account_id} in ${TRIES} tries`);
}
