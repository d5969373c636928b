/** A trainer's word about its progress, often enough and not too often, and the answer whether it is to go on. */
import { type Job, reportProgress } from '#domain/jobs.ts';
import type { Adapters } from '#domain/ports.ts';
import { isoTime } from '#domain/times.ts';
import { trainingEvents } from '#domain/training-events.ts';
import type { Progress } from '#learning/fit/fit.ts';

/** Between two reports, milliseconds. */
const EVERY_MS = 500;
const TENTH = 10;

export class Reporter {
  readonly #adapters: Pick<Adapters, 'table' | 'events' | 'now'>;
  readonly #job: Job;
  readonly #signal: AbortSignal | undefined;
  #latest: Progress = { epoch: 0, fraction: 0, metrics: {} };
  #lastAt: number;
  #lastEpoch = 0;
  #tenths = 0;
  #isOver = false;

  /** An aborted signal ends the attempt as a stop does. */
  constructor(adapters: Pick<Adapters, 'table' | 'events' | 'now'>, started: Job, signal?: AbortSignal) {
    this.#adapters = adapters;
    this.#signal = signal;
    this.#job = started;
    this.#lastAt = adapters.now();
  }

  /** Whether the job was stopped or given to another attempt, or its time is up. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes note; reports if the last report is old enough. False: the trainer is to end. */
  async report(progress: Progress = this.#latest): Promise<boolean> {
    this.#latest = progress;
    const { now } = this.#adapters;
    if (this.#signal?.aborted) this.#isOver = true;
    if (this.#isOver) return false;
    // The first epoch is worth a report of its own: whoever watches sees that something happens.
    const isFirst = progress.epoch > 0 && this.#lastEpoch === 0;
    if (!isFirst && now() - this.#lastAt < EVERY_MS) return true;
    this.#lastAt = now();
    this.#lastEpoch = progress.epoch;
    const job = await reportProgress(this.#adapters.table, this.#job, wordsOf(progress), isoTime(now()));
    if (!job) {
      this.#isOver = true;
      return false;
    }
    const tenths = Math.floor(job.progress / TENTH);
    if (tenths > this.#tenths) {
      this.#tenths = tenths;
      await this.#adapters.events.publish(trainingEvents.progress(job));
    }
    return true;
  }

  /** The chunks of a file with reports in between: reading a large one takes longer than a trainer may be silent. */
  async *during(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (!(await this.report())) throw new Ended();
      yield chunk;
    }
  }
}

/** The job is no longer this trainer's business. */
export class Ended extends Error {}

/** The last percent is the artifacts'. */
const wordsOf = ({ epoch, fraction, metrics }: Progress) => ({
  current_epoch: epoch,
  progress: Math.min(99, Math.floor(fraction * 1000) / 10),
  metrics: { ...metrics },
});
