import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { type EncoderState, encoderState } from './record.ts';

const hasStatus = (...values: EncoderState['status'][]): Condition => ({ kind: 'oneOf', attribute: 'status', values });

/**
 * Records that an encoder is to be loaded, unless it is loading or loaded. Resolves with whether it was recorded. What of
 * its files is complete stays, so that only what is missing is loaded again.
 */
export async function askForEncoder(table: Table, name: string, source: string, now: string): Promise<boolean> {
  const free: Condition = { kind: 'any', of: [{ kind: 'absent' }, hasStatus('failed')] };
  try {
    await table.update(
      keys.encoder(name),
      { set: { name, status: 'loading', source, asked_at: now, updated_at: now }, remove: ['failure', 'failure_code'] },
      free,
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

/** Changes an encoder that is loading. Undefined if it is not, because another call has ended that. */
export async function changeLoading(
  table: Table,
  name: string,
  set: Partial<Omit<EncoderState, 'name' | 'asked_at' | 'updated_at' | 'revision'>>,
  now: string,
): Promise<EncoderState | undefined> {
  try {
    const change = { set: { ...set, updated_at: now } };
    return encoderState.parse(await table.update(keys.encoder(name), change, hasStatus('loading')));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}

/**
 * Records that a file of a loaded encoder is not what was stored, so that it alone is loaded when the encoder is asked for
 * again. Does nothing if the encoder has changed meanwhile.
 */
export async function dropDamaged(
  table: Table,
  { name, files, updated_at }: EncoderState,
  damaged: { readonly file: string; readonly failure: string },
  now: string,
): Promise<void> {
  const set = {
    ...({ status: 'failed', failure: damaged.failure, failure_code: 'FILE_DAMAGED', updated_at: now } as const),
    files: files.filter(({ file }) => file !== damaged.file),
  };
  const same: Condition = { kind: 'compare', attribute: 'updated_at', op: '=', value: updated_at };
  try {
    await table.update(keys.encoder(name), { set }, same);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
