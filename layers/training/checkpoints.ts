/**
 * What a job keeps for the case that it is interrupted: the latest checkpoint of any trainer, replaced atomically, and the
 * scores of the parts of its cross-validation that are done.
 */
import { Readable } from 'node:stream';
import { buffer, json } from 'node:stream/consumers';
import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Job } from '#domain/training/record.ts';
import type { Scores } from '#learning/fit/evaluate.ts';
import type { Log } from './log.ts';
import { Ended, type Reporter } from './reporter.ts';

const folds = z.object({ data: z.string(), scores: z.array(z.record(z.string(), z.number())) });

export class CheckpointFile {
  readonly #artifacts: Blobs;
  readonly #key: string;
  readonly #foldsKey: string;
  readonly #log: Log;

  constructor(artifacts: Blobs, { account_id, id }: Pick<Job, 'account_id' | 'id'>, log: Log) {
    this.#artifacts = artifacts;
    this.#key = blobKeys.checkpoint(account_id, id);
    this.#foldsKey = blobKeys.checkpointFolds(account_id, id);
    this.#log = log;
  }

  /** `undefined` if there is none or it cannot be read: training then begins from the start. */
  async read(): Promise<Uint8Array | undefined> {
    try {
      return await buffer((await this.#artifacts.get(this.#key)).body);
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) this.#warn('checkpoint not read', error);
      return undefined;
    }
  }

  /**
   * Writes the checkpoint if the job is still this trainer's: one that was presumed dead must not write. If the write
   * fails, the previous checkpoint stays.
   * @throws Ended if the job is no longer this trainer's
   */
  async keep(file: readonly Uint8Array[], reporter: Reporter): Promise<void> {
    if (!(await reporter.confirm())) throw new Ended();
    try {
      await this.#artifacts.put(this.#key, Readable.from(file), { contentType: 'application/octet-stream' });
    } catch (error) {
      this.#warn('checkpoint not written', error);
    }
  }

  /**
   * The scores of the parts that are done. Empty if there are none, if they cannot be read, or if they are of other data.
   * @param data identifies the data and their division into parts
   */
  async readFolds(data: string): Promise<readonly Scores[]> {
    try {
      const stored = folds.parse(await json((await this.#artifacts.get(this.#foldsKey)).body));
      return stored.data === data ? stored.scores : [];
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) this.#warn('scores of a cross-validation not read', error);
      return [];
    }
  }

  /**
   * Writes them, and forgets the checkpoint, which was of the last of them.
   * @throws Ended if the job is no longer this trainer's
   */
  async keepFolds(data: string, scores: readonly Scores[], reporter: Reporter): Promise<void> {
    if (!(await reporter.confirm())) throw new Ended();
    const bytes = Buffer.from(JSON.stringify({ data, scores }));
    try {
      await this.#artifacts.put(this.#foldsKey, bytes, { contentType: 'application/json' });
      await this.#artifacts.delete(this.#key);
    } catch (error) {
      this.#warn('scores of a cross-validation not written', error);
    }
  }

  /** For a job that has ended. If this fails, the sweep deletes it: `endingWrites` marked it as orphaned. */
  async remove(): Promise<void> {
    for (const key of [this.#key, this.#foldsKey]) {
      await this.#artifacts.delete(key).catch((error: unknown) => this.#warn('checkpoint not deleted', error));
    }
  }

  #warn(message: string, error: unknown): void {
    this.#log('WARN', message, { error: error instanceof Error ? error.message : String(error) });
  }
}
