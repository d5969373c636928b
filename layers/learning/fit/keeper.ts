/** Decides between chunks whether a checkpoint is due, and whether the fit must end. */
export interface Checkpoints {
  /**
   * Identifies the data of this fit and their split: two strings are equal only if both are. The fit does not continue
   * from a checkpoint of other data.
   */
  readonly data: string;
  /** The last checkpoint file, if there is one. */
  readonly last?: Uint8Array;
  /** Stores a file, given as consecutive pieces, in place of the one before. */
  readonly keep: (file: readonly Uint8Array[]) => Promise<void>;
  /** Milliseconds from one checkpoint to the next. Default: 30 s. */
  readonly everyMs?: number;
  /** Once it is aborted, the fit stores a checkpoint between two chunks and ends. */
  readonly signal?: AbortSignal;
  /** Called before the first step with what became of `last`. Not called if there is none. */
  readonly onResume?: (from: Resumed) => void;
}

/** Where a fit continues, or why it begins from the start. */
export type Resumed =
  | { readonly epoch: number; readonly step: number; readonly steps: number }
  | { readonly refused: string };

const EVERY_MS = 30_000;

/** The largest share of time for storing checkpoints. If one takes long, the next comes later. */
const MOST_OF_TIME = 0.03;

export class Keeper {
  readonly #checkpoints: Checkpoints | undefined;
  readonly #now: () => number;
  readonly #make: () => readonly Uint8Array[];
  #dueAt: number;

  /**
   * @param now milliseconds since any fixed time
   * @param make returns the fit's checkpoint, between two chunks
   */
  constructor(checkpoints: Checkpoints | undefined, now: () => number, make: () => readonly Uint8Array[]) {
    this.#checkpoints = checkpoints;
    this.#now = now;
    this.#make = make;
    this.#dueAt = now() + this.#every;
  }

  /** Stores a checkpoint if one is due. False if the fit must end; a checkpoint has then been stored. */
  async pass(): Promise<boolean> {
    const leaves = this.#checkpoints?.signal?.aborted ?? false;
    if (!this.#checkpoints || !(leaves || this.#now() >= this.#dueAt)) return true;
    await this.keep();
    return !leaves;
  }

  /** Stores a checkpoint, due or not. */
  async keep(): Promise<void> {
    const began = this.#now();
    await this.#checkpoints?.keep(this.#make());
    const ended = this.#now();
    this.#dueAt = ended + Math.max(this.#every, (ended - began) / MOST_OF_TIME);
  }

  get #every(): number {
    return this.#checkpoints?.everyMs ?? EVERY_MS;
  }
}
