/** A trainer's progress reports, at most one every half second; each tells the trainer whether to continue. */

import type { DomainEvent } from '#domain/events/event.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import { type Report, reportProgress } from '#domain/training/attempts.ts';
import { PROGRESS_STEP, trainingEvents } from '#domain/training/events.ts';
import type { ComputeUsage, Job, StopReason } from '#domain/training/record.ts';
import type { FileBytes } from '#learning/files/file-bytes.ts';
import type { Progress } from '#learning/fit/fit.ts';
import type { Log } from './log.ts';

/** Milliseconds between two reports. */
const EVERY_MS = 500;

type State = Omit<Report, keyof ComputeUsage>;

export interface ReporterOptions {
  /** Interrupts the reading of a file. */
  readonly signal?: AbortSignal | undefined;
  /** Default: no log. */
  readonly log?: Log;
  /** The price of the machine that the trainer runs on. Default: 0. */
  readonly dollarsPerSecond?: number | undefined;
}

export class Reporter {
  readonly #adapters: Pick<Adapters, 'table' | 'events' | 'now'>;
  readonly #job: Job;
  readonly #signal: AbortSignal | undefined;
  readonly #log: Log;
  readonly #dollarsPerSecond: number;
  readonly #began: number;
  /** The furthest state that any trainer has reported: repeated work is not reported again. */
  #state: State;
  #lastAt: number;
  #lastEpoch: number;
  /** Full steps of progress that were published. */
  #steps: number;
  #isOver = false;
  #keepsBest: boolean;

  constructor(
    adapters: Pick<Adapters, 'table' | 'events' | 'now'>,
    started: Job,
    { signal, log = () => {}, dollarsPerSecond = 0 }: ReporterOptions = {},
  ) {
    this.#adapters = adapters;
    this.#job = started;
    this.#signal = signal;
    this.#log = log;
    this.#dollarsPerSecond = dollarsPerSecond;
    this.#began = adapters.now();
    this.#state = {
      ...{ current_epoch: started.current_epoch, progress: started.progress, metrics: started.metrics },
      ...(started.best_metric === undefined ? {} : { best_metric: started.best_metric }),
    };
    this.#lastAt = this.#began;
    this.#lastEpoch = started.current_epoch;
    this.#steps = Math.floor(started.progress / PROGRESS_STEP);
    this.#keepsBest = started.stop_requested === 'keep_best';
  }

  /** Whether the job was stopped or another trainer has taken over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why the training is to end now, with the best weights so far. */
  get enough(): StopReason | undefined {
    const { max_seconds = Infinity, max_cost = Infinity } = this.#job;
    if (this.#keepsBest) return 'owner';
    if (this.usage.compute_seconds >= max_seconds) return 'max_seconds';
    return this.usage.estimated_cost >= max_cost ? 'max_cost' : undefined;
  }

  /** The usage of all trainers of the job until now. */
  get usage(): ComputeUsage {
    const { compute_seconds, estimated_cost } = this.#job;
    const seconds = Math.max(0, this.#adapters.now() - this.#began) / 1000;
    return {
      compute_seconds: compute_seconds + seconds,
      estimated_cost: estimated_cost + seconds * this.#dollarsPerSecond,
    };
  }

  /** Records the progress, and reports it if the last report is old enough. False: the trainer must exit. */
  async report(progress?: Progress): Promise<boolean> {
    if (progress) this.#record(stateOf(progress));
    if (this.#isOver) return false;
    // Report the first epoch at once, so that a user sees that training has begun.
    const isFirst = this.#state.current_epoch > 0 && this.#lastEpoch === 0;
    return !isFirst && this.#adapters.now() - this.#lastAt < EVERY_MS ? true : this.confirm();
  }

  /** Reports at once. False: the trainer must exit. */
  async confirm(): Promise<boolean> {
    const { table, now } = this.#adapters;
    this.#lastAt = now();
    this.#lastEpoch = this.#state.current_epoch;
    const report: Report = { ...this.#state, ...this.usage };
    const events = this.#isOver ? [] : this.#newSteps(report);
    const at = isoTime(now());
    const job = this.#isOver ? undefined : await reportProgress(table, this.#job, report, at, events);
    if (!job) {
      this.#isOver = true;
      return false;
    }
    this.#keepsBest = job.stop_requested === 'keep_best';
    this.#steps += events.length;
    for (const event of events) {
      await publishEvent(this.#adapters, event, (message, about) => this.#log('WARN', message, about));
    }
    return true;
  }

  /** Reports at once if progress was made that is not published yet. False: the trainer must exit. */
  async flush(): Promise<boolean> {
    return this.#newSteps(this.#state).length === 0 ? !this.#isOver : this.confirm();
  }

  /** An event for each full step that was reached since the last report, however many those are. */
  #newSteps(report: State): DomainEvent[] {
    const at = isoTime(this.#adapters.now());
    const reached = Math.floor(report.progress / PROGRESS_STEP);
    return Array.from({ length: Math.max(0, reached - this.#steps) }, (_, index) =>
      trainingEvents.progress({ ...this.#job, ...report, progress: (this.#steps + index + 1) * PROGRESS_STEP }, at),
    );
  }

  /**
   * The chunks of a file, with reports in between: reading a large file takes longer than the heartbeat timeout.
   * @throws Ended, Interrupted
   */
  async *during(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      await this.expectMore();
      yield chunk;
    }
  }

  /** The same for a file of which any part can be read. */
  duringFile(file: FileBytes): FileBytes {
    return {
      size: file.size,
      ...(file.isReleased ? { isReleased: true } : {}),
      range: async (start, end) => {
        await this.expectMore();
        return file.range(start, end);
      },
      [Symbol.asyncIterator]: () => this.during(file),
    };
  }

  /**
   * A heartbeat before the training itself, when there is no progress yet.
   * @throws Ended, Interrupted
   */
  async expectMore(): Promise<void> {
    if (!(await this.report())) throw new Ended();
    if (this.#signal?.aborted) throw new Interrupted();
  }

  #record(state: State): void {
    const { progress, current_epoch } = this.#state;
    // Each part of a cross-validation counts its epochs from the beginning.
    const isFurther =
      state.progress > progress || (state.progress === progress && state.current_epoch >= current_epoch);
    if (isFurther) this.#state = state;
  }
}

/** The job was stopped or another trainer has taken over. */
export class Ended extends Error {}

/** The trainer is interrupted; another one resumes the job. */
export class Interrupted extends Error {}

/** The last percent is for writing the artifacts. */
const stateOf = ({ epoch, fraction, metrics, best }: Progress): State => ({
  current_epoch: epoch,
  progress: Math.min(99, Math.floor(fraction * 1000) / 10),
  metrics: { ...metrics },
  ...(best === undefined ? {} : { best_metric: best }),
});
