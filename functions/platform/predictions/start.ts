import { z } from 'zod';
import { getDataset } from '#domain/datasets/read.ts';
import { ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { expectRoom } from '#domain/installation/storage.ts';
import { LIMITS } from '#domain/limits.ts';
import { send } from '#domain/messages.ts';
import { getModel } from '#domain/models/read.ts';
import { createBatch } from '#domain/predictions/create.ts';
import type { Batch } from '#domain/predictions/record.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { expectPredictable } from '#learning/batch/rows.ts';
import { NO_PROBABILITIES, VARIANTS } from '#learning/serving/description.ts';
import { readServing } from '#learning/serving/stored.ts';
import { expectVariant } from '#learning/serving/variant.ts';
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
    variant: z.enum(VARIANTS).default('float32').meta({
      description: '`int8` predicts by `model.int8.onnx`, where the model has it',
    }),
  })
  .meta({ id: 'BatchPredictionRequest' });

export const start = route({
  method: 'POST',
  path: '/models/{model_id}/predict/batch',
  summary: 'Make predictions for all rows of a dataset, as a file',
  description:
    'An addition. The dataset needs a column for each feature of the model, with the same name, or for a model of images ' +
    'it is one of images; it needs no target (`unlabelled` at its upload). It is read by the rules of a training. For a ' +
    'model of series, rows of one group are a series, in the order of their times: its first rows, which have no full ' +
    `window before them, have no prediction. Neither model nor dataset can be deleted meanwhile. At most ${LIMITS.activeBatches} of an account may be queued or running at once.`,
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { path: modelPath, body: json(body) },
  responses: { 202: { description: 'Queued', schema: batchAnswer } },
  errors: [404, 409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler(
    { caller, resource: model, body: { dataset_id, probabilities, include, variant } },
    { adapters, settings, logger },
  ) {
    const { table, blobs, queues, now } = adapters;
    expectVariant(model, variant);
    const dataset = await getDataset(table, caller.accountId, dataset_id);
    const [profile, serving] = await Promise.all([readProfile(adapters, dataset), readServing(blobs.artifacts, model)]);
    expectPredictable({ profile, serving, include });
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
      variant,
      status: 'queued',
      created_at: isoTime(now()),
      rows: profile.rows,
      rows_done: 0,
      attempts: 0,
    };
    await expectRoom(table, caller.accountId, settings.caps);
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
