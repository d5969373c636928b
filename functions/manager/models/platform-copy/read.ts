/** From the archive of a model's files, which only the platform makes, to those of a model of the platform. */
import { Faults } from '#domain/faults.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredModel } from '#domain/vault/model.ts';
import type { storeImported } from '#functions/platform/models/create-imported.ts';
import type { UnpackedFile } from '../../backup/tar.ts';
import { collected, factsOf } from '../seal.ts';
import { type PlatformModelFacts, platformModelFacts, RECORD_FILE } from './record.ts';

/** Throws `ValidationError`: the archive says what an ONNX file leaves open. */
export function expectNoWishes(wishes: Readonly<Record<string, unknown>>): void {
  const faults = new Faults();
  for (const [field, value] of Object.entries(wishes)) {
    if (value !== undefined)
      faults.add(field, 'must be left out: the model has it, as it is a copy of one of the platform');
  }
  faults.throwIfAny();
}

/** Of one that is proven to be what the platform has made. Throws `StoredDataError`. */
export async function readArchive(
  entries: AsyncGenerator<UnpackedFile, void>,
  model: StoredModel,
): Promise<Awaited<ReturnType<Parameters<typeof storeImported>[2]>>> {
  const first = await entries.next();
  if (first.done || !first.value.isFile || first.value.name !== RECORD_FILE)
    throw new StoredDataError('The stored archive has no record', factsOf(model));
  const text = Buffer.from(await collected(first.value.body)).toString('utf8');
  const { model: facts, files } = factsIn(text, model);
  const { name: _, version: __, created_at: ___, ...record } = facts;
  const size = files.reduce((sum, { size }) => sum + size, 0);
  const named = new Map(files.map((one) => [one.file, one.size]));
  return { files: [], streamed: { size, files: expected(entries, named, model) }, record };
}

function factsIn(text: string, model: StoredModel): PlatformModelFacts {
  try {
    return platformModelFacts.parse(JSON.parse(text));
  } catch {
    throw new StoredDataError('The record in the stored archive is not one of this version', factsOf(model));
  }
}

/** The files that its record has, and no others. */
async function* expected(
  entries: AsyncIterable<UnpackedFile>,
  named: ReadonlyMap<string, number>,
  model: StoredModel,
): AsyncGenerator<UnpackedFile> {
  for await (const one of entries) {
    if (!one.isFile || named.get(one.name) !== one.size)
      throw new StoredDataError('The stored archive has a file that its record has not', factsOf(model));
    yield one;
  }
}
