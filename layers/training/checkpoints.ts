/** A job's checkpoint file: the latest checkpoint of any trainer, replaced atomically. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { blobKeys } from '#domain/keys.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from './log.ts';
import { Ended, type Reporter } from './reporter.ts';

export class CheckpointFile {
  readonly #artifacts: Blobs;
  readonly #key: string;
  readonly #log: Log;

  constructor(artifacts: Blobs, { account_id, id }: Pick<Job, 'account_id' | 'id'>, log: Log) {
    this.#artifacts = artifacts;
    this.#key = blobKeys.checkpoint(account_id, id);
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

  /** For a job that has ended. If this fails, the sweep deletes it: `endingWrites` marked it as orphaned. */
  async remove(): Promise<void> {
    await this.#artifacts.delete(this.#key).catch((error: unknown) => this.#warn('checkpoint not deleted', error));
  }

  #warn(message: string, error: unknown): void {
    this.#log('WARN', message, { error: error instanceof Error ? error.message : String(error) });
  }
}
