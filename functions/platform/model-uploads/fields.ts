import { z } from 'zod';
import { getModelUpload } from '#domain/models/uploads.ts';
import type { Services } from '#functions/http/route.ts';
import { id } from '../fields.ts';

export const importPath = z.strictObject({ import_id: id });

type Input = { readonly caller: { readonly accountId: string }; readonly path: z.output<typeof importPath> };

export const readImport = ({ caller, path }: Input, { adapters: { table, now } }: Services) =>
  getModelUpload(table, caller.accountId, path.import_id, now());
