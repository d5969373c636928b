/** From the archive of a model's files, which only the platform makes, to those of a model of the platform. */
import { Faults } from '#domain/faults.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import type { storeImported } from '#functions/platform/models/create-imported.ts';
import type { UnpackedFile } from '../../backup/tar.ts';
import { collected, factsOf } from '../seal.ts';
import { platformModelFacts, RECORD_FILE } from './record.ts';

/** Throws `ValidationError`: the archive says what an ONNX file leaves open. */
export function expectNoWishes(wishes: Readonly<Record<string, unknown>>): void {
  const faults = new Faults();
  for (const [field, value] of Object.entries(wishes)) {
    if (value !== undefined)
      faults.add(field, 'must be left out: the model has it, as it is a copy of one of the platform');
  }
  faults.throwIfAny();
}

/** @throws StoredDataError */
export async function readArchive(
  entries: AsyncGenerator<UnpackedFile, void>,
  model: StoredModel,
): Promise<Awaited<ReturnType<Parameters<typeof storeImported>[2]>>> {
  const first = await entries.next();
  if (first.done || first.value.name !== RECORD_FILE)
    throw new StoredDataError('The stored archive has no record', factsOf(model));
  const text = Buffer.from(await collected(first.value.body)).toString('utf8');
  const { model: facts, files } = platformModelFacts.parse(JSON.parse(text));
  const { name: _, version: __, created_at: ___, ...record } = facts;
  return { files: [], streamed: { size: files.reduce((sum, { size }) => sum + size, 0), files: entries }, record };
}
