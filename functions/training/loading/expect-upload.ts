import { isUploaded } from '#domain/encoders/catalogue.ts';
import { encoderKey } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { missingOf } from '#domain/encoders/uploads.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { ModelNotFoundError } from '../errors.ts';

/** Throws `ModelNotFoundError` for an uploaded encoder of which a file is missing, or all are. */
export async function expectUpload(table: Table, accountId: string, name: string): Promise<void> {
  if (!isUploaded(name)) return;
  const state = await findEncoder(table, encoderKey(name, accountId));
  if (state?.status === 'loaded') return;
  throw new ModelNotFoundError(
    `Model ${name} not found; ${missingOf(state?.files ?? []).join(', ')} must be uploaded with PUT /model-loading/${name}/FILE`,
  );
}
