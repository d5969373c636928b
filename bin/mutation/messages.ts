/** What the worker is told: to run tests with a mutant in place, one after the other until one fails. */
export interface Order {
  readonly mutant: number;
  readonly tests: readonly number[];
}

/** What it answers to that: the test that failed, or null. */
export interface Verdict {
  readonly mutant: number;
  readonly killer: number | null;
}

/** How one test does on the code as it is, and which mutants it comes by. */
export interface Observation {
  readonly file: string;
  readonly name: string;
  readonly milliseconds: number;
  readonly error: string | null;
  readonly covers: readonly number[];
}
