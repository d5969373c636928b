/**
 * How good the families are on tables that everybody has, against models of scikit-learn that learn from the same rows and
 * are tested on the same rows: means over five splits, with their standard errors. `validated` is what ours reaches with its
 * default split, which keeps a fifth of those rows back to choose the epoch.
 */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';
import type { Bench, Measurement } from '../bench.ts';
import { fitOurs } from './ours.ts';

const SEEDS = [1, 2, 3, 4, 5];
const DEFAULT_VALIDATION = 0.2;

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const tables = [
  { name: 'penguins', file: '../../infra/embedded/demo/penguins.csv', target: 'species', task: 'classification' },
  { name: 'wine', file: 'data/wine.csv', target: 'class', task: 'classification' },
  { name: 'breast-cancer', file: 'data/breast-cancer.csv', target: 'diagnosis', task: 'classification' },
  { name: 'diabetes', file: 'data/diabetes.csv', target: 'progression', task: 'regression' },
] as const;

const peers = {
  classification: { linear: 'LogisticRegression', mlp: 'MLPClassifier' },
  regression: { linear: 'Ridge', mlp: 'MLPRegressor' },
} as const;

type Table = (typeof tables)[number];
type FamilyName = keyof (typeof peers)['classification'];

/** @param peer of scikit-learn */
async function measure({ file: name, target }: Table, family: FamilyName, peer: string): Promise<Measurement> {
  const file = resolve(fileOf(name));
  const beside = (one: string) => fileOf(`../peers/${one}`);
  const programs = virtualEnvironment(join('.trainyard', 'bench-scores'), beside('scores-requirements.txt'));
  const child = spawn(join(programs, 'python'), [beside('scores_app.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [ours, theirs, validated]: [number[], number[], number[]] = [[], [], []];
  try {
    for (const seed of SEEDS) {
      const of = { file, target, family, seed };
      const { score, test } = await fitOurs({ ...of, validation: 0 });
      child.stdin.write(`${JSON.stringify({ file, target, test, model: peer, seed })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${peer} ended without a score`);
      ours.push(score);
      theirs.push(Number(value));
      validated.push((await fitOurs({ ...of, validation: DEFAULT_VALIDATION })).score);
    }
  } finally {
    child.stdin.end();
    await exited;
  }
  return {
    ours: mean(ours),
    peer: mean(theirs),
    spread: (Math.max(...ours) - Math.min(...ours)) / mean(ours),
    more: {
      standard_error: standardError(ours),
      peer_standard_error: standardError(theirs),
      // Of the differences, split by split: what both find hard in a split does not count.
      difference_standard_error: standardError(ours.map((value, i) => value - theirs[i]!)),
      validated: mean(validated),
      validated_standard_error: standardError(validated),
    },
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

export const benches: readonly Bench[] = tables.flatMap((table) =>
  (['linear', 'mlp'] as const).map((family) => {
    const peer = peers[table.task][family];
    const unit = table.task === 'regression' ? 'R²' : 'accuracy';
    return {
      name: `scores/${table.name}/${family}`,
      unit: `${unit}, against ${peer}`,
      run: () => measure(table, family, peer),
    };
  }),
);
