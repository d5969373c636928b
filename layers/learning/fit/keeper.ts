/** Decides between chunks whether it is time for a checkpoint, and whether the fit is to leave. */
export interface Checkpoints {
  /**
   * Of what data this fit is and how they were split, in words that are equal only where those are: the fit does not go
   * on from a checkpoint of other data.
   */
  readonly data: string;
  /** The file that was kept last, if there is one. */
  readonly last?: Uint8Array;
  /** Keeps a file, given in pieces that follow each other, in place of the one before. */
  readonly keep: (file: readonly Uint8Array[]) => Promise<void>;
  /** Milliseconds from one checkpoint to the next. Default: 30 s. */
  readonly everyMs?: number;
  /** Once it is aborted, the fit keeps a checkpoint between two chunks and ends. */
  readonly signal?: AbortSignal;
  /** Told before the first step what became of `last`; without one, nothing is told. */
  readonly onResume?: (from: Resumed) => void;
}

/** Where a fit goes on, or why it begins from the start. */
export type Resumed =
  | { readonly epoch: number; readonly step: number; readonly steps: number }
  | { readonly refused: string };

const EVERY_MS = 30_000;

/** Of all time, what keeping checkpoints may take: where one takes long, the next comes later. */
const MOST_OF_TIME = 0.03;

export class Keeper {
  readonly #checkpoints: Checkpoints | undefined;
  readonly #now: () => number;
  readonly #make: () => readonly Uint8Array[];
  #dueAt: number;

  /**
   * @param now milliseconds from any beginning
   * @param make the fit as it stands between two chunks
   */
  constructor(checkpoints: Checkpoints | undefined, now: () => number, make: () => readonly Uint8Array[]) {
    this.#checkpoints = checkpoints;
    this.#now = now;
    this.#make = make;
    this.#dueAt = now() + this.#every;
  }

  /** Keeps a checkpoint if one is due. False: the fit is to leave, and a checkpoint has been kept. */
  async pass(): Promise<boolean> {
    const { keep, signal } = this.#checkpoints ?? {};
    const leaves = signal?.aborted ?? false;
    const began = this.#now();
    if (!keep || !(leaves || began >= this.#dueAt)) return true;
    await keep(this.#make());
    const ended = this.#now();
    this.#dueAt = ended + Math.max(this.#every, (ended - began) / MOST_OF_TIME);
    return !leaves;
  }

  get #every(): number {
    return this.#checkpoints?.everyMs ?? EVERY_MS;
  }
}
