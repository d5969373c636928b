import { z } from 'zod';
import { getDataset } from '#domain/datasets/read.ts';
import { LIMITS } from '#domain/limits.ts';
import { route } from '#functions/http/route.ts';
import { previewFile, previewProfiled } from '#learning/preview.ts';
import { expectTable } from './expect-table.ts';
import { datasetPath } from './fields.ts';
import { previewAnswer, showPreview } from './preview-fields.ts';
import { readProfile } from './profile-of.ts';
import { storedFile } from './stored-file.ts';

const query = z.strictObject({
  rows: z.int().min(1).max(LIMITS.previewRows).default(20).meta({ description: 'How many rows, at most' }),
});

export const preview = route({
  method: 'GET',
  path: '/datasets/{dataset_id}/preview',
  summary: 'Get the first rows of a dataset as they are read',
  description:
    'An addition to the document. As many rows as the first 256 KiB of the file have (of a Parquet file, the first rows). Before the dataset is ready, the types are those of these rows.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath, query },
  responses: { 200: { description: 'The rows', schema: previewAnswer } },
  errors: [400, 409],
  resource: ({ caller, path }, { adapters }) => getDataset(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found, query }, { adapters }) {
    expectTable(found);
    const file = storedFile(adapters, found, { verifiedAs: `The file of dataset ${found.id}` });
    if (found.status === 'ready') {
      const profile = await readProfile(adapters, found);
      return { status: 200, body: showPreview(await previewProfiled(file, profile, query.rows)) };
    }
    const { parsing = {}, requested_target: target, requested_type, dataset_type, file_name: fileName } = found;
    const options = { parsing, target, task: requested_type ?? dataset_type, rows: query.rows, fileName };
    return { status: 200, body: showPreview(await previewFile(file, options)) };
  },
});
