/** What travels through the queues, as schemas, so that a consumer parses what a producer wrote. */
import { z } from 'zod';

export const datasetMessage = z.object({ account_id: z.string(), dataset_id: z.string() });
export type DatasetMessage = z.infer<typeof datasetMessage>;

export const trainingMessage = z.object({ account_id: z.string(), job_id: z.string() });
export type TrainingMessage = z.infer<typeof trainingMessage>;

/** Why a task is terminated that waits for a machine and gets none; a task that ended so has it as its reason. */
export const NO_MACHINE = 'no_machine';

/** The detail of `compute.stopped`; see `Compute` in the ports. */
export const computeStopped = z.object({
  task: z.string(),
  job_id: z.string(),
  attempt: z.number().int().positive(),
  exit_code: z.number().int().nullable(),
  reason: z.string(),
  /** For the job's owner: what has to be done first. Another attempt would end the same way. */
  failure: z.string().exactOptional(),
});
export type ComputeStopped = z.infer<typeof computeStopped>;
