import { InternalError } from '#domain/errors.ts';
import type { Compute, ComputeState, ComputeTask } from '#domain/ports.ts';
import type { Database } from './database.ts';
import type { Tasks } from './tasks.ts';

/** What setTimeout can wait for, about 24 days. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * The Compute port as any process of the folder sees it: submitting and terminating write rows, which are durable, and
 * the host's `ComputeRunner` acts on them.
 */
export class SqliteCompute implements Compute {
  readonly #database: Database;
  readonly #tasks: Tasks;

  constructor(database: Database, tasks: Tasks) {
    this.#database = database;
    this.#tasks = tasks;
  }

  async submit(task: ComputeTask): Promise<void> {
    const { id, timeoutSeconds } = task;
    if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) {
      throw new InternalError(`a task's id must be 1 to 128 of [A-Za-z0-9_-]; got ${JSON.stringify(id)}`);
    }
    if (!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)) {
      throw new InternalError(
        `timeoutSeconds must be above 0 and at most ${MAX_TIMEOUT_SECONDS}; got ${timeoutSeconds}`,
      );
    }
    await this.#database.write(() => this.#tasks.add(task));
  }

  async terminate(id: string, reason: string): Promise<void> {
    await this.#database.write(() => this.#tasks.requestStop(id, reason));
  }

  async describe(id: string): Promise<ComputeState> {
    return this.#tasks.state(id);
  }
}
