import { ConflictError } from '#domain/errors.ts';
import type { ServedModel } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { TEXT_FILE, takesText, textServing } from '../text/description.ts';
import { readArtifact } from './artifact.ts';
import { ONNX_FILE, SERVING_FILE, type Serving, serving } from './description.ts';
import { REFERENCE_FILE, type Reference, reference } from './reference.ts';

/**
 * What a model takes and gives, without loading it. A model of texts has one feature, `text`. Throws `NotFoundError` if it
 * was deleted meanwhile.
 */
export async function readServing(artifacts: Blobs, model: ServedModel): Promise<Serving> {
  expectPredicting(model);
  const read = async (file: string): Promise<unknown> =>
    JSON.parse((await readArtifact(artifacts, model, file)).toString('utf8'));
  if (!takesText(model)) return serving.parse(await read(SERVING_FILE));
  const { labels } = textServing.parse(await read(TEXT_FILE));
  const features = [{ name: 'text', type: 'category' as const, input: 'text' }];
  return { format: 1, task: 'classification', target: 'label', features, classes: labels };
}

/** `undefined` for models of texts, and of earlier builds. Throws `NotFoundError` if it was deleted meanwhile. */
export async function readReference(artifacts: Blobs, model: ServedModel): Promise<Reference | undefined> {
  if (!model.artifacts.some(({ file }) => file === REFERENCE_FILE)) return undefined;
  return reference.parse(JSON.parse((await readArtifact(artifacts, model, REFERENCE_FILE)).toString('utf8')));
}

/** Throws `ConflictError` for a file of weights that was imported. */
function expectPredicting(model: ServedModel): void {
  if (takesText(model) || model.artifacts.some(({ file }) => file === ONNX_FILE)) return;
  throw new ConflictError(
    `Model ${model.id} does not predict: it is a file of weights, from which a training can start`,
  );
}
