/** A job's checkpoint as a file: the last one of whichever trainer, replaced as a whole. */
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

  /** `undefined` where there is none. One that cannot be read costs the time that it would have saved, not the job. */
  async read(): Promise<Uint8Array | undefined> {
    try {
      return await buffer((await this.#artifacts.get(this.#key)).body);
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) this.#complain('checkpoint not read', error);
      return undefined;
    }
  }

  /**
   * Writes it if the job is still this trainer's: a trainer that was thought dead and has woken up writes nothing. One
   * that cannot be written leaves the one before.
   * @throws Ended where the job is not this trainer's any more
   */
  async keep(file: readonly Uint8Array[], reporter: Reporter): Promise<void> {
    if (!(await reporter.confirm())) throw new Ended();
    try {
      await this.#artifacts.put(this.#key, Readable.from(file), { contentType: 'application/octet-stream' });
    } catch (error) {
      this.#complain('checkpoint not written', error);
    }
  }

  /** For a job that has ended. What cannot be deleted now is on note (`endingWrites`). */
  async remove(): Promise<void> {
    await this.#artifacts.delete(this.#key).catch((error: unknown) => this.#complain('checkpoint not deleted', error));
  }

  #complain(message: string, error: unknown): void {
    this.#log('WARN', message, { error: error instanceof Error ? error.message : String(error) });
  }
}
