/**
 * Neither Batch nor Lambda lets the caller choose a unique id, so a record in the table makes submitting a task
 * idempotent.
 *
 *     claimed ──► attached (Batch's id, or invoked) ──► begun (functions only) ──► ended
 *         └───────────┴─────────────────────────────────┴─ stop_reason
 */
import { z } from 'zod';
import { keys } from '#domain/keys.ts';
import { COMPUTE_TARGETS, type ComputeTask } from '#domain/ports/compute/port.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import type { Change, Condition, Table } from '#domain/ports/table/port.ts';
import { epochSeconds } from '#domain/times.ts';

const record = z.object({
  id: z.string(),
  account_id: z.string(),
  job_id: z.string(),
  attempt: z.number().int(),
  target: z.enum(COMPUTE_TARGETS),
  /** Epoch milliseconds, as are the other times. */
  claimed_at: z.number(),
  /** The id of the Batch job. */
  batch_id: z.string().optional(),
  invoked_at: z.number().optional(),
  begun_at: z.number().optional(),
  /** When the function that runs it must have timed out. */
  ends_by: z.number().optional(),
  stop_reason: z.string().optional(),
  ended_at: z.number().optional(),
  exit_code: z.number().int().nullable().optional(),
});
export type TaskRecord = z.infer<typeof record>;

/** Longer than any task may run. */
const RETENTION_SECONDS = 45 * 86_400;

const missing = (attribute: string): Condition => ({ kind: 'missing', attribute });
const all = (...of: Condition[]): Condition => ({ kind: 'all', of });
const exists: Condition = { kind: 'present' };

export class TaskRecords {
  readonly #table: Table;
  readonly #now: () => number;

  constructor(table: Table, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  async find(id: string): Promise<TaskRecord | undefined> {
    const item = await this.#table.get(keys.task(id));
    return item && record.parse(item);
  }

  /** The record of the task: a new one, or the one that an earlier submission wrote. */
  async claim(task: ComputeTask): Promise<TaskRecord> {
    const claimed: TaskRecord = {
      id: task.id,
      account_id: task.accountId,
      job_id: task.jobId,
      attempt: task.attempt,
      target: task.target ?? 'cpu',
      claimed_at: this.#now(),
    };
    const expiresAt = epochSeconds(this.#now()) + RETENTION_SECONDS;
    try {
      await this.#table.put({ ...keys.task(task.id), ...claimed, expiresAt }, { kind: 'absent' });
      return claimed;
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      return (await this.find(task.id)) ?? claimed;
    }
  }

  /** Records the id of the Batch job. `undefined`: another one is recorded. */
  attach(id: string, batchId: string): Promise<TaskRecord | undefined> {
    const free: Condition = {
      kind: 'any',
      of: [missing('batch_id'), { kind: 'compare', attribute: 'batch_id', op: '=', value: batchId }],
    };
    return this.#change(id, { set: { batch_id: batchId } }, all(exists, free));
  }

  invoked(id: string): Promise<TaskRecord | undefined> {
    return this.#change(id, { set: { invoked_at: this.#now() } }, exists);
  }

  /** A function begins it and ends within so many milliseconds. `undefined`: it must not run it. */
  begin(id: string, milliseconds: number): Promise<TaskRecord | undefined> {
    const set = { begun_at: this.#now(), ends_by: this.#now() + milliseconds };
    const free = all(exists, missing('begun_at'), missing('stop_reason'), missing('ended_at'));
    return this.#change(id, { set }, free);
  }

  /** Requests that it stops; the first reason counts. `undefined`: it has ended, is stopping already, or is unknown. */
  stop(id: string, reason: string): Promise<TaskRecord | undefined> {
    const running = all(exists, missing('stop_reason'), missing('ended_at'));
    return this.#change(id, { set: { stop_reason: reason } }, running);
  }

  end(id: string, exitCode: number | null): Promise<TaskRecord | undefined> {
    const set = { ended_at: this.#now(), exit_code: exitCode };
    return this.#change(id, { set }, all(exists, missing('ended_at')));
  }

  async #change(id: string, change: Change, condition: Condition): Promise<TaskRecord | undefined> {
    try {
      return record.parse(await this.#table.update(keys.task(id), change, condition));
    } catch (error) {
      if (error instanceof ConditionFailedError) return undefined;
      throw error;
    }
  }
}
