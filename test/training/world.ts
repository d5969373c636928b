/** An embedded store with the penguins processed and a job queued for them. */
import { readFileSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import type { ParsingOptions } from '#domain/datasets/parsing-options.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt } from '#domain/training/attempts.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { families } from '#zoo/registry.ts';
import { readDataset } from '../functions/events/reader.ts';
import { openWorld } from '../functions/events/world.ts';

export const PENGUINS = readFileSync(new URL('../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

export interface JobSpec {
  readonly content?: string;
  readonly target?: string;
  readonly hyperparameters?: object;
  readonly parsing?: ParsingOptions;
  readonly more?: Partial<Job>;
}

export async function openTrainerWorld() {
  const world = await openWorld();
  const { adapters, accountId } = world;

  /** The next attempt, as `dispatch-training` begins it. */
  const begin = async (id: string): Promise<Job> => {
    const job = (await findJob(adapters.table, accountId, id))!;
    return (await beginAttempt(adapters.table, job, isoTime(adapters.now())))!;
  };
  /** Uploads and processes a file and begins the first attempt at a job for it. */
  const queue = async (id: string, spec: JobSpec = {}): Promise<Job> => {
    const { content = PENGUINS, target = 'species', hyperparameters = {}, parsing, more = {} } = spec;
    await world.upload(`${id}-data`, content, { requested_target: target, ...(parsing && { parsing }) });
    await readDataset(adapters, [accountId, `${id}-data`]);
    const family = families[more.model_type ?? 'mlp']!;
    const complete = family.hyperparameters.parse({ epochs: 10, learning_rate: 0.01, ...hyperparameters });
    await world.queueJob(id, `${id}-data`, {
      hyperparameters: JSON.parse(JSON.stringify(complete)),
      total_epochs: complete.epochs,
      ...more,
    });
    await world.events();
    return begin(id);
  };
  const artifact = async (key: string): Promise<unknown> => json((await adapters.blobs.artifacts.get(key)).body);
  return { ...world, begin, queue, artifact };
}

export type TrainerWorld = Awaited<ReturnType<typeof openTrainerWorld>>;
