/**
 * A replacement of `@jest/globals` outside of jest: it collects the tests, to be run one by one and repeatedly. It has
 * only what the engine's tests use; anything else is undefined, so that a test that needs it fails.
 */
import { createRequire } from 'node:module';

export interface CollectedTest {
  readonly name: string;
  readonly run: () => unknown;
}

/** The tests of the files that were loaded, in their order. */
export const collected: CollectedTest[] = [];

const require = createRequire(createRequire(import.meta.url).resolve('@jest/globals'));
export const expect: unknown = (require('@jest/expect') as { jestExpect: unknown }).jestExpect;

const path: string[] = [];

type Body = (...args: unknown[]) => unknown;

function declareTest(name: string, run: Body): void {
  collected.push({ name: [...path, name].join(' › '), run });
}

function declareGroup(name: string, declare: Body): void {
  path.push(name);
  declare();
  path.pop();
}

/** A row of a table is spread over the parameters; anything else is the one parameter. */
function each(declare: (name: string, body: Body) => void) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    for (const [i, row] of rows.entries()) {
      const args = Array.isArray(row) ? row : [row];
      declare(`${name} #${i}`, () => body(...args));
    }
  };
}

export const test = Object.assign(declareTest, { each: each(declareTest) });
export const describe = Object.assign(declareGroup, { each: each(declareGroup) });
