import { z } from 'zod';
import { describeDataset, reprocessDataset } from '#domain/datasets/change.ts';
import { changedParsing } from '#domain/datasets/change-parsing.ts';
import { chosenTarget } from '#domain/datasets/parsing-options.ts';
import { getNumbered } from '#domain/datasets/read.ts';
import { isoTime } from '#domain/times.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { expectReadable, inspectBeginning } from '#learning/preview.ts';
import { announce } from './announce.ts';
import { expectTable } from './expect-table.ts';
import { datasetChange, datasetDetail, datasetPath, showDetail } from './fields.ts';
import { storedFile } from './stored-file.ts';

const body = z.strictObject(datasetChange).meta({ id: 'DatasetChange' });

export const change = route({
  method: 'PATCH',
  path: '/datasets/{dataset_id}',
  summary: 'Change how the file of a dataset is read, without uploading it again',
  description:
    'An addition to the document. What is left out stays as it is, and null goes back to what is decided from the file. The dataset is `processing` until the file has been read again; models keep what they were trained on.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: {
    path: datasetPath,
    body: json(body, { delimiter: ';', columns: { order_id: { role: 'id' }, zip: { type: 'category' } } }),
  },
  responses: { 200: { description: 'The dataset as it is now', schema: datasetDetail } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getNumbered(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found, body: { description, dataset_type, target, ...patch } }, { adapters, logger }) {
    const { table, now } = adapters;
    const described = description === undefined ? found : await describeDataset(table, found, description);
    if (dataset_type === undefined && target === undefined && Object.keys(patch).length === 0) {
      return { status: 200, body: showDetail(described) };
    }
    expectTable(found);
    const parsing = changedParsing(found.parsing ?? {}, patch, target);
    const requested = target === undefined ? found.requested_target : (target ?? undefined);
    // A column that is the target by its role says more than the field of the upload.
    const requested_target = chosenTarget(parsing) === undefined ? requested : undefined;
    const requested_type = dataset_type ?? found.requested_type ?? found.dataset_type;
    const asked = { parsing, target: requested_target, task: requested_type };
    const head = await inspectBeginning(storedFile(adapters, found), { ...asked, changed: patch });
    if (head) expectReadable(head, asked);
    const changed = await reprocessDataset(table, found, { parsing, requested_type, requested_target }, isoTime(now()));
    await announce(adapters, logger, changed);
    return { status: 200, body: showDetail(changed) };
  },
});
