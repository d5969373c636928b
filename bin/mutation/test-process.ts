import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Observation, Order, Verdict } from './messages.ts';

/** What killed a mutant: a test, the time limit, a crash of the process, or nothing. */
export type Fate = { readonly killer: number } | 'time' | 'crash' | 'survived';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/** A process with the mutants and the tests (`worker.ts`), restarted after it was killed. */
export class TestProcess {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(root: string, files: readonly string[]) {
    this.#args = [root, ...files];
  }

  /** Runs each test on the unchanged code. */
  async observe(): Promise<Observation[]> {
    const child = await this.#started();
    child.send('observe');
    const [seen] = await once(child, 'message');
    return seen as Observation[];
  }

  /** Runs the tests on the mutant until one fails or the time limit is reached. */
  async attempt(order: Order, limit: number): Promise<Fate> {
    const child = await this.#started();
    const fate = await new Promise<Fate>((resolve) => {
      const timer = setTimeout(() => resolve('time'), limit);
      child.once('exit', () => resolve('crash'));
      child.once('message', ({ killer }: Verdict) => resolve(killer === null ? 'survived' : { killer }));
      child.send(order, () => {});
      child.once('message', () => clearTimeout(timer));
      child.once('exit', () => clearTimeout(timer));
    });
    child.removeAllListeners('exit');
    if (fate === 'time' || fate === 'crash') this.dismiss();
    return fate;
  }

  dismiss(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child;
    const child = fork(WORKER, [...this.#args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    const [event] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (event !== 'ready') throw new Error(`the tests could not be loaded; exit code ${event}`);
    return child;
  }
}
