/** The request to the worker: run tests with a mutant active, one after the other until one fails. */
export interface Order {
  readonly mutant: number;
  readonly tests: readonly number[];
}

/** The worker's reply: the test that failed, or null. */
export interface Verdict {
  readonly mutant: number;
  readonly killer: number | null;
}

/** The result of one test on the unchanged code, and the mutants that it covers. */
export interface Observation {
  readonly file: string;
  readonly name: string;
  readonly milliseconds: number;
  readonly error: string | null;
  readonly covers: readonly number[];
}
