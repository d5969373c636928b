import type { Compute, ComputeState, ComputeTask } from '#domain/ports/compute/port.ts';
import { checkTask } from '#domain/ports/compute/rules.ts';
import type { Database } from '../database.ts';
import type { Tasks } from './tasks.ts';

/**
 * The Compute port for any process that has the folder open: submitting and terminating write durable rows, and the
 * host's `ComputeRunner` acts on them.
 */
export class SqliteCompute implements Compute {
  readonly #database: Database;
  readonly #tasks: Tasks;

  constructor(database: Database, tasks: Tasks) {
    this.#database = database;
    this.#tasks = tasks;
  }

  async submit(task: ComputeTask): Promise<void> {
    checkTask(task);
    await this.#database.write(() => this.#tasks.add(task));
  }

  async terminate(id: string, reason: string): Promise<void> {
    await this.#database.write(() => this.#tasks.requestStop(id, reason));
  }

  async describe(id: string): Promise<ComputeState> {
    return this.#tasks.state(id);
  }
}
