import { getNumbered } from '#domain/datasets/read.ts';
import { DamagedFileError } from '#domain/errors.ts';
import { route } from '#functions/http/route.ts';
import { datasetDetail, datasetPath, showDetail } from './fields.ts';
import { readProfile } from './profile-of.ts';

export const read = route({
  method: 'GET',
  path: '/datasets/{dataset_id}',
  summary: 'Get detailed information about a dataset',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath },
  responses: { 200: { description: 'The dataset', schema: datasetDetail } },
  resource: ({ caller, path }, { adapters }) => getNumbered(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found }, { adapters, logger }) {
    const shown = showDetail(found);
    if (found.status === 'failed' && found.failure) {
      // An invalid file has details; a failure of ours has none.
      const error = found.failure.details.length > 0 ? 'validation_error' : 'internal_error';
      return { status: 200, body: { ...shown, error: { error, ...found.failure } } };
    }
    if (found.status !== 'ready') return { status: 200, body: shown };
    try {
      const { rows, columns, features, target, warnings = [] } = await readProfile(adapters, found);
      const metadata = { rows, columns: columns.length, features, target: target || null };
      return { status: 200, body: { ...shown, metadata, warnings } };
    } catch (error) {
      // The record is as it was; the profile can be made again from the file.
      if (!(error instanceof DamagedFileError)) throw error;
      logger.error('profile damaged', { dataset_id: found.id, error });
      const details: { field: string; message: string }[] = [];
      return { status: 200, body: { ...shown, error: { error: error.code, message: error.message, details } } };
    }
  },
});
