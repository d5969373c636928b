/** The log that the job's owner reads: written in chunks, every few seconds while there is something new. */
import type { Adapters } from '#domain/ports/adapters.ts';
import { appendLog, LOG_BOUNDS, type LogLine, lineOf } from '#domain/training/logs.ts';
import type { Progress } from '#learning/fit/fit.ts';
import type { Log } from './log.ts';

/** Milliseconds. */
const FLUSH_EVERY = 5_000;
const EPOCH_EVERY = 1_000;

export interface JobLogPlace {
  readonly accountId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly run: number;
}

export class JobLog {
  readonly #adapters: Pick<Adapters, 'table' | 'now'>;
  readonly #of: JobLogPlace;
  readonly #operator: Log;
  #lines: LogLine[] = [];
  #chunk = 0;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #epochAt = Number.NEGATIVE_INFINITY;
  #epoch = 0;

  /** @param operator the log of the program, which also gets what `log` gets */
  constructor(adapters: Pick<Adapters, 'table' | 'now'>, of: JobLogPlace, operator: Log) {
    this.#adapters = adapters;
    this.#of = of;
    this.#operator = operator;
  }

  /** For the owner and for the operator. */
  readonly log: Log = (level, message, more = {}) => {
    this.#operator(level, message, more);
    this.tell(level, [message, ...Object.entries(more).map(([name, value]) => `${name} ${shown(value)}`)].join(', '));
  };

  /** For the owner alone. */
  tell(level: LogLine['level'], message: string): void {
    this.#lines.push(lineOf(level, message, this.#adapters.now()));
    if (this.#lines.length > LOG_BOUNDS.chunkLines) this.#lines.shift();
  }

  /** A line about each epoch, or about the latest one where epochs are shorter than a second. */
  async progress({ epoch, metrics }: Progress, epochs: number): Promise<void> {
    const now = this.#adapters.now();
    if (epoch > 0 && epoch !== this.#epoch && (now - this.#epochAt >= EPOCH_EVERY || epoch === epochs)) {
      this.#epoch = epoch;
      this.#epochAt = now;
      const scores = Object.entries(metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(DIGITS))}`);
      this.tell('INFO', `epoch ${epoch} of ${epochs}: ${scores.join(', ')}`);
    }
    if (now - this.#flushedAt >= FLUSH_EVERY) await this.flush();
  }

  /** Writes what is new. A failure costs these lines, not the training. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const { table, now } = this.#adapters;
    const { accountId: account_id, jobId: id, attempt, run } = this.#of;
    this.#flushedAt = now();
    const lines = this.#lines;
    this.#lines = [];
    try {
      await appendLog(table, { account_id, id }, { attempt, run, chunk: ++this.#chunk }, lines, now());
    } catch (error) {
      this.#operator('WARN', 'log of the job not written', { reason: String(error) });
    }
  }
}

/** Of a metric. */
const DIGITS = 6;

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
