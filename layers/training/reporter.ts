/** A trainer's word about its progress, often enough and not too often, and the answer whether it is to go on. */

import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import { type Report, reportProgress } from '#domain/training/attempts.ts';
import { trainingEvents } from '#domain/training/events.ts';
import type { ComputeUsage, Job } from '#domain/training/record.ts';
import type { Progress } from '#learning/fit/fit.ts';
import type { Log } from './log.ts';

/** Between two reports, milliseconds. */
const EVERY_MS = 500;
const TENTH = 10;

type Words = Omit<Report, keyof ComputeUsage>;

export interface ReporterOptions {
  /** Ends the reading of a file, when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Told of progress that the world was not. Default: nobody. */
  readonly log?: Log;
  /** What the place costs where the trainer runs. Default: 0. */
  readonly dollarsPerSecond?: number | undefined;
}

export class Reporter {
  readonly #adapters: Pick<Adapters, 'table' | 'events' | 'now'>;
  readonly #job: Job;
  readonly #signal: AbortSignal | undefined;
  readonly #log: Log;
  readonly #dollarsPerSecond: number;
  readonly #began: number;
  /** The furthest that any trainer has reported of the job: what one does again is not told again. */
  #words: Words;
  #lastAt: number;
  #lastEpoch: number;
  #tenths: number;
  #isOver = false;

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
    this.#words = { current_epoch: started.current_epoch, progress: started.progress, metrics: started.metrics };
    this.#lastAt = this.#began;
    this.#lastEpoch = started.current_epoch;
    this.#tenths = Math.floor(started.progress / TENTH);
  }

  /** Whether the job was stopped or given to another trainer. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of all trainers that the job has had, until now. */
  get usage(): ComputeUsage {
    const { compute_seconds, estimated_cost } = this.#job;
    const seconds = Math.max(0, this.#adapters.now() - this.#began) / 1000;
    return {
      compute_seconds: compute_seconds + seconds,
      estimated_cost: estimated_cost + seconds * this.#dollarsPerSecond,
    };
  }

  /** Takes note; reports if the last report is old enough. False: the trainer is to end. */
  async report(progress?: Progress): Promise<boolean> {
    if (progress) this.#take(wordsOf(progress));
    if (this.#isOver) return false;
    // The first epoch is worth a report of its own: whoever watches sees that something happens.
    const isFirst = this.#words.current_epoch > 0 && this.#lastEpoch === 0;
    return !isFirst && this.#adapters.now() - this.#lastAt < EVERY_MS ? true : this.confirm();
  }

  /** Reports at once. False: the trainer is to end. */
  async confirm(): Promise<boolean> {
    const { table, now } = this.#adapters;
    this.#lastAt = now();
    this.#lastEpoch = this.#words.current_epoch;
    const words: Report = { ...this.#words, ...this.usage };
    const job = this.#isOver ? undefined : await reportProgress(table, this.#job, words, isoTime(now()));
    if (!job) {
      this.#isOver = true;
      return false;
    }
    const tenths = Math.floor(job.progress / TENTH);
    if (tenths > this.#tenths) {
      this.#tenths = tenths;
      await this.#publishProgress(job);
    }
    return true;
  }

  /** Progress may be lost, and is not worth the training: more of it comes soon, and of the end the outbox tells. */
  async #publishProgress(job: Job): Promise<void> {
    const { events, now } = this.#adapters;
    try {
      await events.publish(trainingEvents.progress(job, isoTime(now())));
    } catch (error) {
      this.#log('WARN', 'progress was not told', { reason: String(error) });
    }
  }

  /**
   * The chunks of a file with reports in between: reading a large one takes longer than a trainer may be silent.
   * @throws Ended, Interrupted
   */
  async *during(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      await this.expectMore();
      yield chunk;
    }
  }

  /**
   * A report before the training itself, where there is no progress to tell.
   * @throws Ended, Interrupted
   */
  async expectMore(): Promise<void> {
    if (!(await this.report())) throw new Ended();
    if (this.#signal?.aborted) throw new Interrupted();
  }

  #take(words: Words): void {
    const { progress, current_epoch } = this.#words;
    if (words.progress >= progress && words.current_epoch >= current_epoch) this.#words = words;
  }
}

/** The job is no longer this trainer's business. */
export class Ended extends Error {}

/** The trainer is to make room; another one goes on. */
export class Interrupted extends Error {}

/** The last percent is the artifacts'. */
const wordsOf = ({ epoch, fraction, metrics }: Progress): Words => ({
  current_epoch: epoch,
  progress: Math.min(99, Math.floor(fraction * 1000) / 10),
  metrics: { ...metrics },
});
