/**
 * How good the families are on data that everybody has, against models of scikit-learn or PyTorch that learn from the same
 * rows and are tested on the same rows: means over five splits, with their standard errors. `validated` is what ours reaches
 * with its default split, which keeps a fifth of those rows back to choose the epoch.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';
import type { Bench, Measurement } from '../bench.ts';
import { fitOurs, seriesCsv } from './ours.ts';

const SEEDS = [1, 2, 3, 4, 5];
const DEFAULT_VALIDATION = 0.2;

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Program {
  readonly environment: string;
  readonly requirements: string;
  readonly script: string;
}

const SCIKIT: Program = {
  environment: 'bench-scores',
  requirements: 'scores-requirements.txt',
  script: 'scores_app.py',
};
/** PyTorch, in the environment that `upload-to-model` has. */
const TORCH: Program = {
  environment: 'bench-upload',
  requirements: 'upload-requirements.txt',
  script: 'scores_torch.py',
};

const SERIES_ROWS = 1000;

const tables = {
  penguins: { file: '../../infra/embedded/demo/penguins.csv', target: 'species' },
  wine: { file: 'data/wine.csv', target: 'class' },
  'breast-cancer': { file: 'data/breast-cancer.csv', target: 'diagnosis' },
  diabetes: { file: 'data/diabetes.csv', target: 'progression' },
  digits: { file: 'data/digits.csv', target: 'digit' },
  /** Generated: scikit-learn has no series. */
  series: { file: undefined, target: 'y' },
} as const;

interface Row {
  readonly table: keyof typeof tables;
  readonly family: string;
  readonly peer: string;
  readonly program: Program;
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
}

const classifiers = ['penguins', 'wine', 'breast-cancer', 'digits'] as const;

const rows: readonly Row[] = [
  ...classifiers.flatMap((table): Row[] => [
    { table, family: 'linear', peer: 'LogisticRegression', program: SCIKIT },
    { table, family: 'mlp', peer: 'MLPClassifier', program: SCIKIT },
  ]),
  { table: 'diabetes', family: 'linear', peer: 'Ridge', program: SCIKIT },
  { table: 'diabetes', family: 'mlp', peer: 'MLPRegressor', program: SCIKIT },
  { table: 'digits', family: 'small-cnn', peer: 'small-cnn', program: TORCH, hyperparameters: { epochs: 20 } },
  { table: 'digits', family: 'resnet18', peer: 'resnet18', program: TORCH, hyperparameters: { epochs: 10 } },
  { table: 'series', family: 'bilstm', peer: 'LSTM', program: TORCH },
];

async function measure({ table, family, peer, program, hyperparameters = {} }: Row): Promise<Measurement> {
  const { file: name, target } = tables[table];
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-scores-'));
  const file = name === undefined ? join(folder, 'series.csv') : resolve(fileOf(name));
  if (name === undefined) writeFileSync(file, seriesCsv(SERIES_ROWS));
  const beside = (one: string) => fileOf(`../peers/${one}`);
  const programs = virtualEnvironment(join('.trainyard', program.environment), beside(program.requirements));
  const child = spawn(join(programs, 'python'), [beside(program.script)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [ours, theirs, validated]: [number[], number[], number[]] = [[], [], []];
  try {
    for (const seed of SEEDS) {
      const of = { file, target, family, seed, hyperparameters };
      const { score, test } = await fitOurs({ ...of, validation: 0 });
      child.stdin.write(`${JSON.stringify({ file, target, test, model: peer, seed, ...hyperparameters })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${peer} ended without a score`);
      ours.push(score);
      theirs.push(Number(value));
      validated.push((await fitOurs({ ...of, validation: DEFAULT_VALIDATION })).score);
    }
  } finally {
    child.stdin.end();
    await exited;
    rmSync(folder, { recursive: true, force: true });
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

export const benches: readonly Bench[] = rows.map((row) => ({
  name: `scores/${row.table}/${row.family}`,
  unit: `${['diabetes', 'series'].includes(row.table) ? 'R²' : 'accuracy'}, against ${row.peer}${row.program === TORCH ? ' of PyTorch' : ''}`,
  run: () => measure(row),
}));
