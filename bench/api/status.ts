import type { Bench } from '../bench.ts';
import { status } from './requests.ts';
import { rowBenches } from './rows.ts';

/** The status of a training that has ended. */
export const benches: readonly Bench[] = rowBenches({ name: 'status', request: status, models: 1 });
