/**
 * How good the families are on data that everybody has, against models of scikit-learn or PyTorch that learn from the same
 * rows and are tested on the same rows: means over five splits, with their standard errors. `validated` is what ours reaches
 * with its default split, which keeps a fifth of those rows back to choose the epoch. Each score is kept in
 * `.trainyard/scores` as it comes, so that a run that is broken off goes on where it was.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';
import type { Bench, Measurement } from '../bench.ts';
import { cellsCsv, enlargedCsv, seriesCsv } from './data.ts';
import { Kept } from './kept.ts';
import { type Fitted, fitOurs } from './ours.ts';

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

interface Table {
  readonly file?: string;
  readonly target: string;
  /** What is learned from, where that is not the file as it is. @param text of the file */
  readonly made?: (text: string) => string;
}

const DIGITS = { file: 'data/digits.csv', target: 'digit' };

const tables = {
  penguins: { file: '../../infra/embedded/demo/penguins.csv', target: 'species' },
  wine: { file: 'data/wine.csv', target: 'class' },
  'breast-cancer': { file: 'data/breast-cancer.csv', target: 'diagnosis' },
  diabetes: { file: 'data/diabetes.csv', target: 'progression' },
  digits: DIGITS,
  /** Of 16 by 16 pixels: a ResNet halves the sides five times. */
  'digits-16': { ...DIGITS, made: (text) => enlargedCsv(text, 2) },
  /** Generated: scikit-learn has no series. */
  series: { target: 'y', made: () => seriesCsv(1000) },
  /** Generated as well: measured ones are gigabytes. */
  cells: { target: 'capacity_loss', made: cellsCsv },
} as const satisfies Readonly<Record<string, Table>>;

interface Row {
  readonly table: keyof typeof tables;
  readonly family: string;
  readonly peer: string;
  readonly program: Program;
  /** Of both sides. */
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
}

const classifiers = ['penguins', 'wine', 'breast-cancer', 'digits'] as const;

/** By a rate that falls to 0, the last epoch is about the best one, which without validation rows nobody chooses. */
const falling = (epochs: number) => ({ epochs, lr_schedule: 'cosine' });

const rows: readonly Row[] = [
  ...classifiers.flatMap((table): Row[] => [
    { table, family: 'linear', peer: 'LogisticRegression', program: SCIKIT },
    { table, family: 'mlp', peer: 'MLPClassifier', program: SCIKIT },
  ]),
  { table: 'diabetes', family: 'linear', peer: 'Ridge', program: SCIKIT },
  { table: 'diabetes', family: 'mlp', peer: 'MLPRegressor', program: SCIKIT },
  { table: 'digits', family: 'small-cnn', peer: 'small-cnn', program: TORCH, hyperparameters: falling(15) },
  {
    ...{ table: 'digits-16', family: 'resnet18', peer: 'resnet18', program: TORCH },
    hyperparameters: { ...falling(8), batch_size: 64 },
  },
  { table: 'series', family: 'bilstm', peer: 'LSTM', program: TORCH },
  ...['baseline', 'deephpm'].map(
    (family): Row => ({
      ...{ table: 'cells', family, peer: family, program: TORCH },
      // As in `bench/battery.ts`.
      hyperparameters: { epochs: 60, batch_size: 64 },
    }),
  ),
];

async function measure(row: Row): Promise<Measurement> {
  const { table, family, peer, program, hyperparameters = {} } = row;
  const { target, ...made }: Table = tables[table];
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-scores-'));
  const file = fileFor(made, folder);
  const kept = new Kept(join('.trainyard', 'scores', `${table}-${family}.jsonl`), row);
  if (kept.size > 0) process.stderr.write(`${nameOf(row)} goes on: ${kept.size} scores are there already\n`);
  await using theirs = startPeer(program);
  const [ours, peers, validated]: [number[], number[], number[]] = [[], [], []];
  try {
    for (const seed of SEEDS) {
      const of = { file, target, family, seed, hyperparameters, validation: 0 };
      const { score, test } = await kept.get<Fitted>(`${seed} ours`, () => fitOurs(of));
      ours.push(score);
      const request = { file, target, test, model: peer, seed, ...hyperparameters };
      peers.push(await kept.get(`${seed} peer`, () => theirs.score(request)));
      process.stderr.write(`${nameOf(row)}, split ${seed}: ${score}, peer ${peers.at(-1)}\n`);
    }
    for (const seed of SEEDS) {
      const of = { file, target, family, seed, hyperparameters, validation: DEFAULT_VALIDATION };
      validated.push((await kept.get<Fitted>(`${seed} validated`, () => fitOurs(of))).score);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  kept.done();
  return {
    ours: mean(ours),
    peer: mean(peers),
    spread: (Math.max(...ours) - Math.min(...ours)) / mean(ours),
    more: {
      standard_error: standardError(ours),
      peer_standard_error: standardError(peers),
      // Of the differences, split by split: what both find hard in a split does not count.
      difference_standard_error: standardError(ours.map((value, i) => value - peers[i]!)),
      validated: mean(validated),
      validated_standard_error: standardError(validated),
    },
  };
}

/** The table's file, or one in the folder with what is made of it. */
function fileFor({ file, made }: Omit<Table, 'target'>, folder: string): string {
  const path = file === undefined ? undefined : resolve(fileOf(file));
  if (made === undefined) return path!;
  const written = join(folder, 'table.csv');
  writeFileSync(written, made(path === undefined ? '' : readFileSync(path, 'utf8')));
  return written;
}

/** A program that answers one line of its input with one line. */
function startPeer({ environment, requirements, script }: Program) {
  const beside = (one: string) => fileOf(`../peers/${one}`);
  const programs = virtualEnvironment(join('.trainyard', environment), beside(requirements));
  const child = spawn(join(programs, 'python'), [beside(script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Its threads do not spin while ours compute.
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async score(request: Readonly<Record<string, unknown>>): Promise<number> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended without a score`);
      return Number(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

const nameOf = ({ table, family }: Row): string => `scores/${table}/${family}`;

export const benches: readonly Bench[] = rows.map((row) => ({
  name: nameOf(row),
  unit: `${['diabetes', 'series', 'cells'].includes(row.table) ? 'R²' : 'accuracy'}, against ${row.peer}${row.program === TORCH ? ' of PyTorch' : ''}`,
  run: () => measure(row),
}));
