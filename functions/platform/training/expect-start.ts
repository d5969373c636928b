/** Refuses what a training cannot start from. */
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { getModel } from '#domain/models/read.ts';
import { type Model, WEIGHTS_TYPE } from '#domain/models/record.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { PYTORCH_FILE, SAFETENSORS_FILE } from '#learning/files/names.ts';
import type { TensorShapes } from '#learning/files/stored-tensor.ts';
import { weightShapes } from '#learning/files/weights.ts';
import { WeightsError } from '#learning/files/weights-error.ts';
import { kindFor } from '#learning/kinds.ts';
import { fitting } from '#learning/start/fitting.ts';
import { blobAccess } from '#training/blob-access.ts';
import type { Family } from '#zoo/family.ts';

type Ports = Pick<Adapters, 'table' | 'blobs'>;

/** Throws `ValidationError` for a model without weights of the family, and `NotFoundError`. */
export async function expectStart(
  { table }: Pick<Ports, 'table'>,
  accountId: string,
  id: string,
  family: Family,
): Promise<Model> {
  const model = await getModel(table, accountId, id);
  const { model_type, artifacts } = model;
  const isWeights = model_type === WEIGHTS_TYPE;
  if (!isWeights && model_type !== family.name) {
    throw ValidationError.of(
      'start_from',
      `must be a model of type ${family.name}, or a file of weights; got one of type ${model_type}`,
    );
  }
  if (!weightsOf(model)) {
    const files = artifacts.map(({ file }) => file).join(', ');
    throw ValidationError.of(
      'start_from',
      `must be a model with ${SAFETENSORS_FILE} or ${PYTORCH_FILE}; it has ${files}`,
    );
  }
  return model;
}

/**
 * Throws `ValidationError` naming the first tensor that does not fit a network, where its shape is known before the data
 * are read. Otherwise the training finds out.
 * @param plans the networks' hyperparameters
 */
export async function expectFits(
  { blobs }: Pick<Ports, 'blobs'>,
  start: Model,
  { family, profile, plans }: { family: Family; profile: DatasetProfile; plans: readonly Hyperparameters[] },
): Promise<void> {
  const kind = kindFor(family, profile);
  // Nobody has read the file yet.
  if (!kind || profile.sha256 === '') return;
  let stored: TensorShapes | undefined;
  for (const plan of plans) {
    const hyperparameters = family.hyperparameters.parse(plan.hyperparameters);
    if (!kind.outline(profile, family.wanted?.(hyperparameters) ?? {}).isExact) return;
    stored ??= await shapesOf(blobs, start);
    if (!stored) return;
    const of = stored;
    const outline = kind.outline(profile, family.wanted?.(hyperparameters, (name) => of.get(name)?.shape) ?? {});
    const shape = { input: outline.shape, outputs: profile.classes?.length ?? 1 };
    const module = family.torchModule?.(shape, hyperparameters);
    if (!module) return;
    const fits = fitting(stored, { family, module, hyperparameters, shape, keepsHead: false });
    if (typeof fits === 'string')
      throw ValidationError.of('start_from', `for these hyperparameters, its weights ${fits}`);
  }
}

type Hyperparameters = { readonly hyperparameters: Readonly<Record<string, unknown>> };

const weightsOf = ({ artifacts }: Model) =>
  artifacts.find(({ file }) => file === SAFETENSORS_FILE) ?? artifacts.find(({ file }) => file === PYTORCH_FILE);

/** `undefined`: the file cannot be read, as the training says in more words. */
async function shapesOf({ artifacts }: Ports['blobs'], model: Model): Promise<TensorShapes | undefined> {
  const { file, size } = weightsOf(model)!;
  try {
    return await weightShapes(blobAccess(artifacts, blobKeys.modelFile(model.account_id, model.id, file), size));
  } catch (error) {
    if (error instanceof WeightsError) return undefined;
    throw error;
  }
}
