import { blobKeys } from '#domain/blob-keys.ts';
import { deleteModel } from '#domain/models/change.ts';
import type { Model } from '#domain/models/record.ts';
import { removeLog } from '#domain/prediction-log/remove.ts';
import type { Services } from '#functions/http/route.ts';
import { deleteFiles } from '../delete-files.ts';
import { publish } from '../publish.ts';

/** Deletes record and files. Throws `NotFoundError`, `ModelInUseError`. */
export async function removeModel({ account_id, id }: Model, services: Services): Promise<void> {
  const { adapters, logger } = services;
  const event = await deleteModel(adapters.table, account_id, id, adapters.now());
  await publish(event, services);
  await removeLog(adapters.table, account_id, id);
  await deleteFiles(adapters, logger, 'artifacts', blobKeys.modelPrefix(account_id, id));
}
