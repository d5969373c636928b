import type { Bench } from '../bench.ts';
import { list } from './requests.ts';
import { rowBenches } from './rows.ts';

/** The newest ten models of an account that has few, and of one that has many. */
export const benches: readonly Bench[] = [100, 100_000].flatMap((models) =>
  rowBenches({ name: `list-${models}`, request: list, models }),
);
