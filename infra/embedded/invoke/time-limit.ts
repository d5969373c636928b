import { type Deadline, Deadlines } from '#domain/deadlines.ts';

const deadlines = new Deadlines(() => performance.now());

/** The time limit of a call. It restarts when the request's body has been received: in the cloud, no function runs before. */
export class TimeLimit {
  readonly #milliseconds: number;
  readonly #expire: () => void;
  #deadline: Deadline | undefined;

  /** @param expired called when the time limit is exceeded, with what says so */
  constructor(name: string, milliseconds: number, expired: (error: Error) => void) {
    this.#milliseconds = milliseconds;
    this.#expire = () => expired(new Error(`${name} did not answer within ${milliseconds / 1000} s`));
    this.start();
  }

  /** In milliseconds. */
  get remaining(): number {
    return this.#deadline === undefined ? 0 : Math.max(0, this.#deadline.at - performance.now());
  }

  start(): void {
    this.stop();
    this.#deadline = deadlines.add(this.#milliseconds, this.#expire);
  }

  stop(): void {
    if (this.#deadline) deadlines.remove(this.#deadline);
  }
}
