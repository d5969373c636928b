import { EQUIVALENT, excuseOf } from './equivalent.ts';
import type { Mutant } from './instrument.ts';
import type { Fate } from './test-process.ts';

export interface Report {
  readonly text: string;
  /** Whether a mutant survived that is not listed as equivalent, or a listed one did not survive. */
  readonly failed: boolean;
}

/** A table of the mutants by file and result, then each survivor. */
export function report(mutants: readonly Mutant[], fates: ReadonlyMap<Mutant, Fate>): Report {
  const files = new Set(mutants.map(({ file }) => file));
  const survivors = mutants.filter((mutant) => fates.get(mutant) === 'survived');
  const excuses = new Set(survivors.map(excuseOf));
  const unexcused = survivors.filter((mutant) => !excuseOf(mutant));
  const stale = EQUIVALENT.filter((one) => files.has(one.file) && !excuses.has(one));

  const row = (name: string, own: readonly Mutant[]) => {
    const count = (has: (fate: Fate) => boolean) => own.filter((mutant) => has(fates.get(mutant)!)).length;
    const open = own.filter((mutant) => unexcused.includes(mutant)).length;
    return {
      file: name,
      mutants: own.length,
      'killed by a test': count((fate) => typeof fate === 'object'),
      'by the time limit': count((fate) => fate === 'time'),
      'by a crash': count((fate) => fate === 'crash'),
      equivalent: count((fate) => fate === 'survived') - open,
      survived: open,
    };
  };
  const rows = [...files].map((name) =>
    row(
      name,
      mutants.filter(({ file }) => file === name),
    ),
  );
  const all = row('all', mutants);
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
  const text = [
    line(Object.keys(all)),
    line(Object.keys(all).map((_, i) => (i === 0 ? '---' : '---:'))),
    ...[...rows, all].map((one) => line(Object.values(one))),
    ...unexcused.map(
      ({ file, line, within, original, mutated }) =>
        `\nsurvived: ${file}:${line} in ${within}\n  - ${original}\n  + ${mutated}`,
    ),
    ...stale.map(
      ({ file, within, original, mutated }) =>
        `\nlisted as equivalent, but no survivor: ${file} in ${within}\n  - ${original}\n  + ${mutated}`,
    ),
  ];
  return { text: text.join('\n'), failed: unexcused.length + stale.length > 0 };
}
