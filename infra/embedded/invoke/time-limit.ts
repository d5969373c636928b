/** The time limit of a call. It restarts when the request's body has been received: in the cloud, no function runs before. */
export class TimeLimit {
  readonly #milliseconds: number;
  readonly #expire: () => void;
  #deadline = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Rejects when the time limit is exceeded. */
  readonly expired: Promise<never>;

  constructor(name: string, milliseconds: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#milliseconds = milliseconds;
    this.#expire = () => reject(new Error(`${name} did not answer within ${milliseconds / 1000} s`));
    this.expired = promise;
    // Nobody may be waiting when it rejects.
    promise.catch(() => undefined);
    this.start();
  }

  get remaining(): number {
    return Math.max(0, this.#deadline - Date.now());
  }

  start(): void {
    this.stop();
    this.#deadline = Date.now() + this.#milliseconds;
    this.#timer = setTimeout(this.#expire, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
