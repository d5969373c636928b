import type { UpdateSpec } from './update.ts';

export interface TrainSpec extends UpdateSpec {
  readonly batchSize: number;
}
