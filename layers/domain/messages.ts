/** What travels through the queues, as schemas, so that a consumer parses what a producer wrote. */
import { z } from 'zod';

export const datasetMessage = z.object({ account_id: z.string(), dataset_id: z.string() });
export type DatasetMessage = z.infer<typeof datasetMessage>;

export const trainingMessage = z.object({ account_id: z.string(), job_id: z.string() });
export type TrainingMessage = z.infer<typeof trainingMessage>;

/** The detail of `compute.stopped`; see `Compute` in the ports. */
export const computeStopped = z.object({
  task: z.string(),
  job_id: z.string(),
  attempt: z.number().int().positive(),
  exit_code: z.number().int().nullable(),
  reason: z.string(),
});
export type ComputeStopped = z.infer<typeof computeStopped>;
