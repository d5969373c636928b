import { z } from 'zod';

export const account = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  full_name: z.string(),
  /** A PHC string: algorithm, parameters, salt and hash. */
  password_hash: z.string(),
  created_at: z.string(),
  /** Jobs that are queued or running: the slots in use. */
  active_jobs: z.number().int().default(0),
  datasets: z.number().int().default(0),
  models: z.number().int().default(0),
  /** The highest model number given out so far. */
  last_model_number: z.number().int().default(0),
});

export type Account = z.infer<typeof account>;

/** The counters of a new account. */
export const COUNTERS = { active_jobs: 0, datasets: 0, models: 0, last_model_number: 0 };

export type NewAccount = Omit<Account, keyof typeof COUNTERS>;
