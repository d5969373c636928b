import type { State } from './state.ts';

/** A state to which a training may have to go back. */
export interface Kept {
  state(): State;
  /** It is not needed any more, and steps may write over its memory. */
  release(): void;
}

interface Held {
  readonly state: State;
  /** How many keep it. */
  keepers: number;
  /** Whether it was handed out, so that it may never be written over. */
  isLent: boolean;
}

/**
 * The state of a training. Each run makes a new one, in the memory of an old one that nobody needs: a large network's state is
 * gigabytes, and memory that is new to the process costs more time than to fill it.
 */
export class StateMemory {
  #held: Held;
  #spare: State | undefined;

  constructor(state: State) {
    this.#held = { state, keepers: 0, isLent: true };
  }

  /** For whoever asks; it stays as it is. */
  get state(): State {
    this.#held.isLent = true;
    return this.#held.state;
  }

  /** Continues from a state of somebody else, which stays as it is. */
  set state(state: State) {
    this.#follow({ state, keepers: 0, isLent: true });
  }

  /** For reading until the next state. */
  get now(): State {
    return this.#held.state;
  }

  /** A state to write over. Absent if there is none. */
  takeSpare(): State | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare;
  }

  /** Continues with a state of one's own. */
  follow(state: State): void {
    this.#follow({ state, keepers: 0, isLent: false });
  }

  keep(): Kept {
    const held = this.#held;
    held.keepers++;
    return {
      state: () => {
        held.isLent = true;
        return held.state;
      },
      release: () => {
        held.keepers--;
        this.#retire(held);
      },
    };
  }

  #follow(next: Held): void {
    const before = this.#held;
    this.#held = next;
    this.#retire(before);
  }

  #retire(held: Held): void {
    if (held !== this.#held && held.keepers === 0 && !held.isLent) this.#spare = held.state;
  }
}
