import type { UpdateSpec } from './update.ts';

export interface TrainSpec extends UpdateSpec {
  readonly batchSize: number;
  /**
   * Whether batches are rows of the data one after another, as where somebody has put them into order. Then nothing is fetched,
   * and what follows from the targets alone is computed for all steps at once. Default: false.
   */
  readonly isInOrder?: boolean;
}
