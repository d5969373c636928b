import { ShapeError } from '../type.ts';
import { trainedParameters } from './network.ts';
import type { TrainSpec } from './train-spec.ts';

type Bound = (spec: TrainSpec) => readonly [isKept: boolean, words: string, got: unknown];

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

/** The rules for a training, one per row: whether it holds, what must hold, and what was received instead. */
const bounds: readonly Bound[] = [
  ({ batchSize }) => [isCount(batchSize), 'batch size must be an integer of at least 1', batchSize],
  ({ batchSize, accumulation = 1 }) => [
    isCount(accumulation) && batchSize % accumulation === 0,
    `accumulation must be a number of parts that divides batch size ${batchSize}`,
    accumulation,
  ],
  ({ accumulation = 1, isInOrder = false }) => [
    accumulation === 1 || !isInOrder,
    'accumulation must be 1 where batches are in order',
    accumulation,
  ],
  ({ averaging = 0 }) => [averaging >= 0 && averaging < 1, 'averaging must be at least 0 and below 1', averaging],
  ({ optimizer: { learningRate: rate } }) => [
    rate >= 0 && Number.isFinite(rate),
    'learning rate must be a finite number of 0 or more',
    rate,
  ],
  ({ clipNorm = 1 }) => [clipNorm > 0, 'clip norm must be greater than 0', clipNorm],
  ({ lossScaling: { initial = 1 } = {} }) => [
    initial > 0 && Number.isFinite(initial),
    'loss scaling must begin with a finite number greater than 0',
    initial,
  ],
  ({ lossScaling: { growth = 2 } = {} }) => [growth >= 1, 'loss scaling must grow by 1 or more', growth],
  ({ lossScaling: { backoff = 0.5 } = {} }) => [
    backoff > 0 && backoff < 1,
    'loss scaling must back off by more than 0 and less than 1',
    backoff,
  ],
  ({ lossScaling: { interval = 1 } = {} }) => [
    isCount(interval),
    'loss scaling must have an interval of at least 1 step',
    interval,
  ],
  ({ network }) => {
    const names = network.parameters.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    return [twice === undefined, 'parameters must have names of their own', twice];
  },
  ({ network }) => [
    trainedParameters(network).length > 0,
    'at least one parameter must train',
    `none of ${network.parameters.length}`,
  ],
];

/** @throws ShapeError with the bound and what was received */
export function expectBounds(spec: TrainSpec): void {
  for (const bound of bounds) {
    const [isKept, words, got] = bound(spec);
    if (!isKept) throw new ShapeError(`${words}; got ${got}`);
  }
}
