import { z } from 'zod';
import { NotFoundError } from '#domain/errors.ts';
import { findModel } from '#domain/models/read.ts';
import { findModelUpload, getModelUpload } from '#domain/models/uploads.ts';
import type { Services } from '#functions/http/route.ts';
import { id } from '../fields.ts';

export const importPath = z.strictObject({ import_id: id });

type Input = { readonly caller: { readonly accountId: string }; readonly path: z.output<typeof importPath> };

export const readImport = ({ caller, path }: Input, { adapters: { table, now } }: Services) =>
  getModelUpload(table, caller.accountId, path.import_id, now());

/** The upload, or the model that it became. Throws `NotFoundError` where there is neither. */
export async function readCompletion({ caller, path: { import_id } }: Input, { adapters: { table, now } }: Services) {
  const upload = await findModelUpload(table, caller.accountId, import_id, now());
  const model = upload ? undefined : await findModel(table, caller.accountId, import_id);
  if (!upload && !model) throw new NotFoundError(`Upload ${import_id} not found`);
  return { upload, model };
}
