/**
 * `npm run bench -- profile/lstm`: where the time of a training step goes, by the runtime's own profiler. Prints a line
 * for each operator: milliseconds a step, share of the step, how often it runs in a step (in loops: as often as they
 * go round), and at last what lies outside of all kernels. Being profiled takes a few microseconds a node: the step's
 * time without that is in the measurement's own line.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from '#engine/runtime.ts';
import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { type Bench, inTurn } from '../bench.ts';
import { tableOf } from '../table.ts';
import type { BenchModel } from './models/model.ts';
import { dataOf, models, SEED, specOf, THREADS } from './spec.ts';

/** Milliseconds of one run, and steps in it at most: a profile has a line for every node that ran. */
const [TURN, MOST_STEPS] = [300, 20];

/** What runs other nodes: its time is theirs. */
const CONTROL = ['Scan', 'If', 'Loop'];

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

export interface Share {
  readonly op: string;
  /** Milliseconds a step. */
  readonly milliseconds: number;
  /** Of the step. */
  readonly share: number;
  /** Runs a step. */
  readonly nodes: number;
}

/** Sums up a profile of one run of so many steps: the operators by their time, then what is outside of them. */
export function sharesOf(events: readonly Event[], steps: number): Share[] {
  const kernels = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const leaves = kernels.filter(({ args }) => !CONTROL.includes(args?.op_name ?? ''));
  const total = sum(events.filter(({ name }) => name === 'model_run'));
  const line = (op: string, microseconds: number, nodes: number): Share => ({
    op,
    milliseconds: microseconds / 1000 / steps,
    share: microseconds / total,
    nodes: nodes / steps,
  });
  const byOp = Map.groupBy(leaves, ({ args }) => args?.op_name ?? '');
  const lines = [...byOp].map(([op, found]) => line(op, sum(found), found.length));
  const outside = line('outside kernels', total - sum(leaves), kernels.length - leaves.length);
  return [...lines.toSorted((a, b) => b.milliseconds - a.milliseconds), outside];
}

function sum(events: readonly Event[]): number {
  return events.reduce((total, { dur }) => total + dur, 0);
}

/** Where the time of a training step goes, over one run of so many steps, after one that is not counted. */
export async function profileOf(model: BenchModel, steps: number): Promise<Share[]> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-profile-'));
  try {
    const training = await open(model, { enableProfiling: true, profileFilePrefix: join(folder, 'profile') });
    await training.run(1);
    await training.run(steps);
    training.session.endProfiling();
    await training.session.release();
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file!), 'utf8')) as Event[];
    // One event for each run, at its end; what comes after the first is the second.
    return sharesOf(events.slice(events.findIndex(({ name }) => name === 'model_run') + 1), steps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A training as `Training` runs it, with further options of the session. */
async function open(model: BenchModel, options: ort.InferenceSession.SessionOptions) {
  const spec = specOf(model);
  const session = await ort.InferenceSession.create(compileTrain(spec).bytes, {
    graphOptimizationLevel: 'all',
    intraOpNumThreads: THREADS,
    interOpNumThreads: 1,
    extra: { session: { set_denormal_as_zero: '1' } },
    ...options,
  });
  const data = Object.entries(dataOf(model)).map(([name, tensor]) => [`data/${name}`, tensor] as const);
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, { dtype, shape, data: values }] of [...Object.entries(initialState(spec, SEED)), ...data])
    feeds[name] = new ort.Tensor(dtype as 'float32', values as Float32Array, shape);
  const run = (steps: number) => {
    const rows = BigInt64Array.from({ length: steps * model.batch }, (_, i) => BigInt(i % model.batch));
    return session.run({ ...feeds, batches: new ort.Tensor('int64', rows, [steps, model.batch]) });
  };
  return { session, run };
}

function profileBench(model: BenchModel): Bench {
  return {
    name: `profile/${model.name}`,
    unit: 'ms',
    run: async () => {
      const plain = await open(model, {});
      const time = async (steps: number) => {
        const start = performance.now();
        await plain.run(steps);
        return (performance.now() - start) / steps;
      };
      await time(1);
      const steps = Math.max(1, Math.min(MOST_STEPS, Math.round(TURN / (await time(1)))));
      const { ours } = await inTurn({ times: 9, seconds: 10 }, { ours: () => time(steps) });
      await plain.session.release();
      const shares = await profileOf(model, steps);
      const lines = shares.map(({ op, milliseconds, share, nodes }) => ({ op, ms: milliseconds, share, nodes }));
      process.stderr.write(`\n${model.name}\n${tableOf(lines)}`);
      const outside = shares.at(-1)!.share;
      return { ours: ours!.median, peer: null, spread: ours!.spread, more: { outsideKernels: outside } };
    },
  };
}

export const benches: readonly Bench[] = models.map(profileBench);
