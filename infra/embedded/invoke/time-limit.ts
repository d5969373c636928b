import { type Deadline, Deadlines } from '#domain/deadlines.ts';

const deadlines = new Deadlines(() => performance.now());

/**
 * The time limit of a call, whose answer is watched if there is one to wait for. It restarts when the request's body has
 * been received: in the cloud, no function runs before.
 */
export class TimeLimit {
  readonly #name: string;
  readonly #milliseconds: number;
  /** When it is exceeded. */
  #at = 0;
  #isRunning = false;
  #expire: (() => void) | undefined;
  #deadline: Deadline | undefined;

  constructor(name: string, milliseconds: number) {
    this.#name = name;
    this.#milliseconds = milliseconds;
    this.start();
  }

  /** In milliseconds. */
  get remaining(): number {
    return Math.max(0, this.#at - performance.now());
  }

  start(): void {
    this.stop();
    this.#at = performance.now() + this.#milliseconds;
    this.#isRunning = true;
    this.#register();
  }

  stop(): void {
    this.#isRunning = false;
    if (this.#deadline) deadlines.remove(this.#deadline);
    this.#deadline = undefined;
  }

  /** The answer, or an error when the limit is exceeded before. */
  watch<T>(answering: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const seconds = this.#milliseconds / 1000;
      this.#expire = () => reject(new Error(`${this.#name} did not answer within ${seconds} s`));
      this.#register();
      answering.then(
        (answer) => {
          this.#end();
          resolve(answer);
        },
        (error: unknown) => {
          this.#end();
          reject(error);
        },
      );
    });
  }

  #register(): void {
    if (this.#expire && this.#isRunning) this.#deadline = deadlines.add(this.remaining, this.#expire);
  }

  #end(): void {
    this.stop();
    this.#expire = undefined;
  }
}
