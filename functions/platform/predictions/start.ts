import { z } from 'zod';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { send } from '#domain/messages.ts';
import { getModel } from '#domain/models/read.ts';
import { createBatch } from '#domain/predictions/create.ts';
import type { Batch } from '#domain/predictions/record.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { ofRows } from '#learning/kinds.ts';
import { NO_PROBABILITIES, type Serving } from '#learning/serving/description.ts';
import { readServing } from '#learning/serving/stored.ts';
import { readProfile } from '../datasets/profile-of.ts';
import { id } from '../fields.ts';
import { modelPath } from '../models/fields.ts';
import { batchAnswer, showBatch } from './fields.ts';

const body = z
  .strictObject({
    dataset_id: id,
    probabilities: z.boolean().default(false).meta({ description: 'Also the probability of each class, in columns' }),
    include: z
      .array(z.string().min(1).max(LIMITS.csv.columnNameCharacters))
      .max(LIMITS.includedColumns)
      .default([])
      .meta({ description: 'Columns of the dataset to repeat in the file, such as one that names the row' }),
  })
  .meta({ id: 'BatchPredictionRequest' });

export const start = route({
  method: 'POST',
  path: '/models/{model_id}/predict/batch',
  summary: 'Make predictions for all rows of a dataset, as a file',
  description:
    'An addition. The dataset needs a column for each feature of the model, with the same name; it is read by the rules of ' +
    `a training. Neither model nor dataset can be deleted meanwhile. At most ${LIMITS.activeBatches} of an account may be queued or running at once.`,
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { path: modelPath, body: json(body) },
  responses: { 202: { description: 'Queued', schema: batchAnswer } },
  errors: [404, 409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ caller, resource: model, body: { dataset_id, probabilities, include } }, { adapters, logger }) {
    const { table, blobs, queues, now } = adapters;
    const dataset = await getDataset(table, caller.accountId, dataset_id);
    const [profile, serving] = await Promise.all([readProfile(adapters, dataset), readServing(blobs.artifacts, model)]);
    expectColumns(profile, ofRows(serving), include);
    if (probabilities && serving.task === 'regression') throw ValidationError.of('probabilities', NO_PROBABILITIES);
    const created: Batch = {
      id: newId(now()),
      account_id: caller.accountId,
      model_id: model.id,
      model_name: model.name,
      model_version: model.version,
      dataset_id,
      dataset_name: dataset.name,
      probabilities,
      include,
      status: 'queued',
      created_at: isoTime(now()),
      rows: profile.rows,
      rows_done: 0,
      attempts: 0,
    };
    await createBatch(table, created);
    try {
      await send(queues.predictions, { account_id: created.account_id, batch_id: created.id });
    } catch (error) {
      // It is recorded: the sweep finds it and sends its message again.
      logger.error('message of a batch prediction not sent', { batch_id: created.id, error });
    }
    return { status: 202, body: showBatch(created) };
  },
});

/** Throws `ValidationError` where the dataset lacks a feature, or a column that is to be repeated. */
function expectColumns({ columns }: DatasetProfile, { features }: Serving, include: readonly string[]): void {
  const known = new Set(columns.map(({ name }) => name.trim()));
  const [missing, ...more] = features.map(({ name }) => name).filter((name) => !known.has(name));
  if (missing !== undefined) {
    const others = more.length > 0 ? ` and ${more.length} more are` : ' is';
    throw ValidationError.of(
      'dataset_id',
      `must be a dataset with a column for each feature of the model; ${JSON.stringify(missing)}${others} missing`,
    );
  }
  for (const [index, name] of include.entries()) {
    if (known.has(name)) continue;
    throw ValidationError.of(`include[${index}]`, `must be a column of the dataset; got ${JSON.stringify(name)}`);
  }
}
