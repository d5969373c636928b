/** Makes a model that does not predict of a file of weights: a training can start from it. */
import { ValidationError } from '#domain/errors.ts';
import type { Artifact, Model } from '#domain/models/record.ts';
import { WEIGHTS_TYPE } from '#domain/models/record.ts';
import { fromBytes, type RandomAccess } from '#domain/random-access.ts';
import { BINARY } from '#learning/files/names.ts';
import { type Importing, type ImportServices, storeImported } from './create-imported.ts';
import { DEFAULT_TARGET } from './wishes.ts';

interface Weights extends Pick<Importing, 'accountId' | 'name' | 'fileName' | 'upload'> {
  readonly bytes: Uint8Array;
}

/** @throws ValidationError with field `file` */
export const createWeights = (services: ImportServices, { bytes, ...of }: Weights): Promise<Model> =>
  create(services, of, fromBytes(bytes), (file) => ({ files: [{ file, bytes, contentType: BINARY }] }));

/**
 * Of a file that is in its place.
 * @throws ValidationError with field `file`
 */
export const createStoredWeights = (
  services: ImportServices,
  { access, stored, ...of }: Omit<Weights, 'bytes'> & { readonly access: RandomAccess; readonly stored: Artifact },
): Promise<Model> =>
  create(services, of, access, (file) => {
    if (file === stored.file) return { files: [], stored };
    throw ValidationError.of('file', `must be what its name says, ${stored.file}; by its bytes it is ${file}`);
  });

type Files = Pick<Awaited<ReturnType<Parameters<typeof storeImported>[2]>>, 'files' | 'stored'>;

const create = (
  services: ImportServices,
  of: Omit<Weights, 'bytes'>,
  access: RandomAccess,
  filesAs: (file: string) => Files,
): Promise<Model> =>
  storeImported(services, of, async (facts) => {
    const { file, card, parameters } = await (await services.importer()).readWeights(access, facts);
    const { files, ...stored } = filesAs(file);
    // What a network with these weights predicts is for the training to say that starts from them: the task and the target
    // of the record are not shown.
    const architecture = { input_shape: [], output_classes: 0, parameters };
    const training_config = { imported: facts.fileName };
    return {
      files: [...files, card],
      ...stored,
      record: {
        model_type: WEIGHTS_TYPE,
        task: 'classification',
        architecture,
        target: DEFAULT_TARGET,
        training_config,
      },
    };
  });
