/**
 * In which order a mutant's tests are run: first those that are likely to fail for the time that they take. What killed
 * other mutants of a rule is likely to kill the next one, too. The order decides how long it takes, and nothing else.
 */
import { basename } from 'node:path';
import type { Mutant } from './instrument.ts';
import type { Observation } from './messages.ts';
import type { Fate } from './test-process.ts';

/** How often a test was run on mutants of a rule, and failed. */
interface Seen {
  runs: number;
  kills: number;
}

/** Before anything is known: the tests of a rule's own file are written for it. */
const OWN = 0.5;
const FOREIGN = 0.05;
/** Milliseconds that every test takes beside what was measured. */
const LEAST_MILLISECONDS = 0.1;

export class LikelyFirst {
  readonly #observations: readonly Observation[];
  readonly #seen = new Map<string, Seen>();

  constructor(observations: readonly Observation[]) {
    this.#observations = observations;
  }

  /** The tests that cover the mutant. */
  testsOf(mutant: Mutant): number[] {
    return this.#observations
      .map((test, i) => ({ i, value: test.covers.includes(mutant.id) ? this.#value(mutant, test, i) : 0 }))
      .filter(({ value }) => value > 0)
      .sort((p, q) => q.value - p.value || p.i - q.i)
      .map(({ i }) => i);
  }

  /** Call it with what became of a mutant, whose tests were run in that order. */
  note(mutant: Mutant, tests: readonly number[], fate: Fate): void {
    const killer = typeof fate === 'object' ? fate.killer : undefined;
    const run = killer === undefined ? tests : tests.slice(0, tests.indexOf(killer) + 1);
    for (const test of run) {
      const seen = this.#of(mutant, test);
      seen.runs += 1;
      if (test === killer) seen.kills += 1;
    }
  }

  /** Its chance to fail by the millisecond. */
  #value(mutant: Mutant, { file, milliseconds }: Observation, test: number): number {
    const isOwn = basename(file, '.test.ts') === basename(mutant.file, '.ts');
    const { runs, kills } = this.#of(mutant, test);
    return (kills + (isOwn ? OWN : FOREIGN)) / (runs + 1) / (milliseconds + LEAST_MILLISECONDS);
  }

  #of({ file, within }: Mutant, test: number): Seen {
    const key = `${file} ${within} ${test}`;
    const seen = this.#seen.get(key) ?? { runs: 0, kills: 0 };
    this.#seen.set(key, seen);
    return seen;
  }
}
