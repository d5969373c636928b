import type { BatchClient } from '@aws-sdk/client-batch';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { InternalError } from '#domain/errors.ts';
import type { Compute, ComputeState, ComputeTarget, ComputeTask } from '#domain/ports/compute/port.ts';
import { checkTask } from '#domain/ports/compute/rules.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { translating } from '../vendor.ts';
import { type BatchPlace, describeJob, findJobNamed, submitJob, terminateJob } from './batch.ts';
import { type TaskRecord, TaskRecords } from './task-records.ts';

export interface ComputeContext {
  readonly batch: BatchClient;
  readonly lambda: LambdaClient;
  /** Holds the task records. */
  readonly table: Table;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where containers run. Without `gpu`, GPU tasks run on `cpu`. */
  readonly containers: Readonly<Partial<Record<Exclude<ComputeTarget, 'function'>, BatchPlace>>>;
  /** The training function, by name or ARN. Without it small tasks run in containers, and the other way round. */
  readonly trainingFunction?: string;
}

/** The payload of the training function. */
export interface TrainingInvocation {
  readonly task: string;
  readonly account_id: string;
  readonly job_id: string;
  readonly attempt: number;
}

/** Milliseconds after which an invocation that has not begun counts as lost: Lambda queues it for minutes at most. */
const INVOCATION_LOST_MS = 15 * 60_000;

/** The Compute port on Lambda, for tasks of a few minutes, and on Batch. */
export class AwsCompute implements Compute {
  readonly #context: ComputeContext;
  readonly #records: TaskRecords;

  constructor(context: ComputeContext) {
    this.#context = context;
    this.#records = new TaskRecords(context.table, context.now);
  }

  async submit(task: ComputeTask): Promise<void> {
    checkTask(task);
    const place = this.#place(task.target ?? 'cpu');
    const record = await this.#records.claim({ ...task, target: place.target });
    if (record.stop_reason !== undefined || record.ended_at !== undefined) return;
    if (place.target === 'function') await this.#invoke(record, place.name);
    else await this.#enqueue(record, task, place.batch);
  }

  async terminate(id: string, reason: string): Promise<void> {
    const stopping = await this.#records.stop(id, reason);
    // Already stopping: an earlier call may have failed before it reached Batch, so call it again.
    const record = stopping ?? (await this.#records.find(id));
    if (!record || record.ended_at !== undefined || record.batch_id === undefined) return;
    await terminateJob(this.#context.batch, record.batch_id, record.stop_reason ?? reason);
  }

  async describe(id: string): Promise<ComputeState> {
    const record = await this.#records.find(id);
    if (!record) return 'unknown';
    if (record.ended_at !== undefined) return record.exit_code === 0 ? 'succeeded' : 'failed';
    const batchId = record.batch_id ?? (await this.#findUnrecorded(record));
    if (batchId !== undefined) return describeJob(this.#context.batch, batchId);
    if (record.stop_reason !== undefined) return 'failed';
    return record.target === 'function' ? functionState(record, this.#context.now()) : 'unknown';
  }

  /** Batch's id of a job whose submitter crashed before recording it. */
  async #findUnrecorded({ id, target }: TaskRecord): Promise<string | undefined> {
    const place = target === 'function' ? undefined : this.#context.containers[target];
    return place && findJobNamed(this.#context.batch, id, place.queue);
  }

  /**
   * Two concurrent submissions both reach Batch, and the slower one terminates its job:
   *
   *     one    claim ── submit ── attach ✓
   *     other       find ── submit ──── attach ✗ ── terminate its own job
   */
  async #enqueue(record: TaskRecord, task: ComputeTask, place: BatchPlace): Promise<void> {
    if (record.batch_id !== undefined) return;
    const { batch } = this.#context;
    const known = await this.#findUnrecorded(record);
    const batchId = known ?? (await submitJob(batch, task, place));
    const attached = await this.#records.attach(task.id, batchId);
    if (!attached) return known === undefined ? terminateJob(batch, batchId, 'submitted twice') : undefined;
    if (attached.stop_reason !== undefined) await terminateJob(batch, batchId, attached.stop_reason);
  }

  /** The function itself makes sure that it runs a task only once. */
  async #invoke(record: TaskRecord, name: string): Promise<void> {
    if (record.begun_at !== undefined || functionState(record, this.#context.now()) === 'pending') return;
    const payload: TrainingInvocation = {
      task: record.id,
      account_id: record.account_id,
      job_id: record.job_id,
      attempt: record.attempt,
    };
    const command = new InvokeCommand({
      FunctionName: name,
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify(payload)),
    });
    await translating('Lambda', () => this.#context.lambda.send(command));
    await this.#records.invoked(record.id);
  }

  /** Where this deployment runs a task for that target. */
  #place(wanted: ComputeTarget): Place {
    const { containers, trainingFunction } = this.#context;
    const places: Readonly<Record<ComputeTarget, Place | undefined>> = {
      function: trainingFunction === undefined ? undefined : { target: 'function', name: trainingFunction },
      cpu: containers.cpu && { target: 'cpu', batch: containers.cpu },
      gpu: containers.gpu && { target: 'gpu', batch: containers.gpu },
    };
    const place = places[wanted] ?? places.cpu ?? places.function ?? places.gpu;
    if (!place) throw new InternalError('there is neither a training function nor a queue of Batch to run a task');
    return place;
  }
}

type Place =
  | { readonly target: 'function'; readonly name: string }
  | { readonly target: 'cpu' | 'gpu'; readonly batch: BatchPlace };

function functionState({ begun_at, ends_by = 0, invoked_at }: TaskRecord, now: number): ComputeState {
  if (begun_at !== undefined) return now < ends_by ? 'running' : 'failed';
  return invoked_at !== undefined && now - invoked_at < INVOCATION_LOST_MS ? 'pending' : 'unknown';
}
