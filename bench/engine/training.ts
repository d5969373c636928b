import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { Training } from '#engine/training/training.ts';
import { type Bench, inTurn } from '../bench.ts';
import { PeerError, startTorch, type Torch } from '../peers/torch.ts';
import { flopsOfStep } from './flops.ts';
import { openMachine } from './machine.ts';
import type { BenchModel } from './models/model.ts';
import { dataOf, models, SEED, specOf, THREADS } from './spec.ts';

/** Turns, and seconds after which none is begun any more. */
const BUDGET = { times: 15, seconds: 30 };
/** One side runs so long in its turn, in seconds, and at least one step. */
const TURN = 0.4;
/** PyTorch may take so long, in seconds, to compile a model; then it is measured without. */
const COMPILE_LIMIT = 150;

/** Takes so many steps and returns the seconds. */
type Stepper = (steps: number) => Promise<number>;

/**
 * Steps a second with Adam, beside PyTorch with as many threads: eager, and compiled where it can. The machine's rate
 * at multiplying matrices is measured in the same turns: `ofMatMul` is the part of it that the steps' own products make.
 */
function trainingBench(model: BenchModel): Bench {
  return {
    name: `engine/${model.name}`,
    unit: 'steps/s',
    run: async () => {
      const spec = specOf(model);
      const program = compileTrain(spec);
      await using training = await Training.open(program, dataOf(model), initialState(spec, SEED), {
        threads: THREADS,
      });
      await using machine = await openMachine();
      await using eager = startTorch(THREADS, false);
      await using compiler = startTorch(THREADS, true);
      const compiled = compiler && (await compiles(compiler, model.name)) ? compiler : undefined;
      const batch = Array.from({ length: model.batch }, (_, i) => i);
      const ours: Stepper = async (steps) => {
        const start = performance.now();
        await training.run(Array.from({ length: steps }, () => batch));
        return (performance.now() - start) / 1000;
      };
      const peer = (torch: Torch | undefined): Stepper | undefined =>
        torch && ((steps) => torch.seconds(`${model.name} ${steps}`));
      const [steppers, machineRate] = [{ ours, eager: peer(eager), compiled: peer(compiled) }, () => machine.rate()];
      const found = await inTurn(BUDGET, { ...(await turns(steppers)), machineRate });
      const rate = found.ours!.median;
      return {
        ours: rate,
        peer: found.eager?.median ?? null,
        spread: found.ours!.spread,
        more: {
          peerSpread: found.eager?.spread ?? null,
          compiled: found.compiled?.median ?? null,
          ratioCompiled: found.compiled ? rate / found.compiled.median : null,
          ofMatMul: (rate * flopsOfStep(spec)) / found.machineRate!.median,
          gflop: flopsOfStep(spec) / 1e9,
        },
      };
    },
  };
}

/** For each side a function that takes a turn and returns its steps a second; the first step shows how many fit in. */
async function turns<Name extends string>(steppers: Readonly<Record<Name, Stepper | undefined>>) {
  const sides: Partial<Record<Name, () => Promise<number>>> = {};
  for (const [name, stepper] of Object.entries<Stepper | undefined>(steppers)) {
    if (!stepper) continue;
    await stepper(1);
    const steps = Math.max(1, Math.round(TURN / (await stepper(1))));
    sides[name as Name] = async () => steps / (await stepper(steps));
  }
  return sides;
}

async function compiles(torch: Torch, model: string): Promise<boolean> {
  try {
    await torch.seconds(`${model} 1`, COMPILE_LIMIT);
    return true;
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    process.stderr.write(`measured without torch.compile: ${error.message}\n`);
    return false;
  }
}

export const benches: readonly Bench[] = models.map(trainingBench);
