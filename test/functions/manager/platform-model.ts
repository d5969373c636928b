import { createHash } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import { keys } from '#domain/keys.ts';
import type { Model } from '#domain/models/record.ts';
import { itemOf } from '#domain/vault/item.ts';
import { aModel } from '#test/functions/platform/listed-records.ts';
import { linearModel } from './onnx.ts';
import type { VaultWorld } from './world.ts';

export const ONNX = linearModel();

let made = 0;

/** A model of the platform, with its files, of the vault's account unless it says of which. */
export async function platformModel(
  { accountId, platform }: VaultWorld,
  given: Partial<Model> = {},
  files: Readonly<Record<string, Uint8Array>> = { 'model.onnx': ONNX },
): Promise<Model> {
  const { table, blobs } = platform.store;
  const artifacts = Object.entries(files).map(([file, bytes]) => {
    return { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const of = given.account_id ?? accountId;
  const model = { ...aModel(of, ++made), artifacts, performance: { accuracy: 0.9 }, ...given };
  await table.put(itemOf(keys.model(of, model.id), model));
  for (const [file, bytes] of Object.entries(files)) {
    await blobs.artifacts.put(blobKeys.modelFile(of, model.id, file), bytes);
  }
  return model;
}
