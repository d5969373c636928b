import { alternate, type Bench } from '../bench.ts';
import { type Consumption, consumption, type MemoryModel } from './memory/consumption.ts';

/** After a warm-up: a step is long, and a peak hardly varies. */
const TIMES = 1;

/** What recomputation of activations saves and what it costs, beside the same network that keeps them. */
function memoryBenches(model: MemoryModel): readonly Bench[] {
  const bench = (what: string, unit: string, value: (taken: Consumption) => number): Bench => ({
    name: `memory/${model}${what}`,
    unit,
    run: () =>
      alternate(
        TIMES,
        async () => value(await consumption(model, 'recomputed')),
        async () => value(await consumption(model, 'kept')),
      ),
  });
  return [
    bench('', 'trainings in 100 GiB', ({ mebibytes }) => 102_400 / mebibytes),
    bench('-speed', 'steps/s', ({ seconds }) => 1 / seconds),
  ];
}

export const benches: readonly Bench[] = [...memoryBenches('encoder-12'), ...memoryBenches('resnet-50')];
