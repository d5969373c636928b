import type { Bench } from '../bench.ts';
import { login } from './requests.ts';
import { rowBenches } from './rows.ts';

/** A login: Argon2id with the same parameters on both sides. */
export const benches: readonly Bench[] = rowBenches({ name: 'login', request: login, models: 1 });
