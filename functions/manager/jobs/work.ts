/** What is done in a request as long as that takes, and afterwards as a job. */
import { StorageLimitError, TrainyardError } from '#domain/errors.ts';
import type { Json } from '#domain/ports/table/port.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { VaultServices } from '../services.ts';

/** The time is up: the work goes on from here later. */
export class PostponedError extends Error {
  override readonly name = 'PostponedError';
  readonly progress: Json;
  constructor(progress: Json) {
    super('the time is up');
    this.progress = progress;
  }
}

/** Another try ends the same way: also without room, which somebody has to make first. */
export const isRefusal = (error: unknown): error is TrainyardError =>
  error instanceof TrainyardError && (error.status < 500 || error instanceof StorageLimitError);

export interface Pace {
  /** Whether the work is tried again after an unexpected error: then what it has begun stays, to be gone on with. */
  readonly retries?: boolean;
  /**
   * To be called between two steps. Stores how far the work is, now and then. Throws `PostponedError` when the time is up,
   * or another process has taken over.
   */
  reached(progress: Json): Promise<void>;
}

export interface Asked<Request, Secrets> {
  readonly manager: Manager;
  readonly by: Actor;
  readonly request: Request;
  readonly secrets: Secrets;
}

/** A kind of work. Begun anew with its own progress, it goes on; a step that was done twice has done nothing more. */
export type Work<Request, Secrets, Progress, Result> = (
  services: VaultServices,
  asked: Asked<Request, Secrets>,
  progress: Progress | undefined,
  pace: Pace,
) => Promise<Result>;
