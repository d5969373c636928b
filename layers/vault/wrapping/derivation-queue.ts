/**
 * Derivations of keys in turn: a few at once, since each takes much memory and a core, and the accounts one after another,
 * since each may ask for many. Whoever has asked for too much is told to come back before anything is derived.
 */
import { RateLimitError, UnavailableError } from '#domain/errors.ts';

export interface DerivationLimits {
  /** How many run at once. The others wait. */
  readonly atOnce: number;
  /** How many of those may be long: whoever chose the usual parameters does not wait for those who chose the largest. */
  readonly longAtOnce: number;
  /** From how many seconds on it is long. */
  readonly longSeconds: number;
  /** Of the memory of all that run. One that takes more runs alone. */
  readonly bytesAtOnce: number;
  /** Seconds of derivations that run and wait, of one account. One is always taken. */
  readonly accountSeconds: number;
  /** How long one waits at most. A call waits twice at most, and has to end within the time limit of its function. */
  readonly waitMilliseconds: number;
}

/** What a derivation takes. */
export interface DerivationCost {
  /** Of a core, about. */
  readonly seconds: number;
  readonly bytes: number;
}

interface Derivation extends DerivationCost {
  readonly account: string;
}

interface Waiting extends Derivation {
  readonly begin: () => void;
}

export class DerivationQueue {
  readonly #limits: DerivationLimits;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Set<Derivation>();
  /** When each account last had its turn, of those that have something here. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(limits: DerivationLimits) {
    this.#limits = limits;
  }

  /** Throws `RateLimitError` where the account has too much here, `UnavailableError` where all together have. */
  async run<T>(account: string, cost: DerivationCost, derive: () => Promise<T>): Promise<T> {
    const derivation = { account, ...cost };
    const { seconds } = cost;
    const before = this.#secondsOf(account);
    if (before > 0 && before + seconds > this.#limits.accountSeconds) throw tooManyOfAccount(before);
    try {
      await this.#start(derivation);
      return await derive();
    } finally {
      this.#running.delete(derivation);
      if (this.#secondsOf(account) === 0) this.#turns.delete(account);
      this.#beginNext();
    }
  }

  #start(derivation: Derivation): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ...derivation,
        begin: () => {
          clearTimeout(timer);
          this.#running.add(derivation);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        const left = [...this.#running, ...this.#waiting].reduce((sum, { seconds }) => sum + seconds, 0);
        // What holds it up, on a slow machine, may be what the account has here itself.
        const own = this.#secondsOf(derivation.account);
        if (own > 0) return reject(tooManyOfAccount(own));
        reject(new UnavailableError('Too many keys are being derived from passwords; try again', Math.ceil(left)));
      }, this.#limits.waitMilliseconds);
      this.#waiting.push(waiting);
      this.#beginNext();
    });
  }

  /** Begins those for which there is a place; of several, one of the account whose turn was the longest ago. */
  #beginNext(): void {
    while (this.#running.size < this.#limits.atOnce) {
      const next = this.#waiting.filter((one) => this.#hasPlace(one)).reduce(this.#earlier, undefined);
      if (next === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#turns.set(next.account, ++this.#turn);
      next.begin();
    }
  }

  /** The one that came first, if both are of accounts that had no turn yet or of the same one. */
  readonly #earlier = (first: Waiting | undefined, second: Waiting): Waiting =>
    first === undefined || (this.#turns.get(second.account) ?? 0) < (this.#turns.get(first.account) ?? 0)
      ? second
      : first;

  #hasPlace(derivation: Derivation): boolean {
    const bytes = [...this.#running].reduce((sum, one) => sum + one.bytes, 0);
    if (bytes > 0 && bytes + derivation.bytes > this.#limits.bytesAtOnce) return false;
    if (!this.#isLong(derivation)) return true;
    return [...this.#running].filter((one) => this.#isLong(one)).length < this.#limits.longAtOnce;
  }

  #isLong({ seconds }: Derivation): boolean {
    return seconds > this.#limits.longSeconds;
  }

  #secondsOf(account: string): number {
    return [...this.#running, ...this.#waiting].reduce(
      (sum, one) => sum + (one.account === account ? one.seconds : 0),
      0,
    );
  }
}

const tooManyOfAccount = (seconds: number): RateLimitError =>
  new RateLimitError(seconds, 'Too many keys are being derived from passwords of this account');
