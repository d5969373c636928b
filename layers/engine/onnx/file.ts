import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Graph } from '../graph.ts';
import { OnnxError } from './decode.ts';
import { EXTERNAL_FROM, ExternalWeights, externalFolder } from './external.ts';
import { MAX_MODEL_BYTES } from './proto.ts';
import { type OnnxModel, readModel } from './read.ts';
import { type ModelMeta, writeModel } from './write.ts';

/**
 * Writes a model as a file, and its large constants as another beside it, `<path>.data`, which has no limit. They are
 * written from where they lie: no copy of all of them is ever made.
 * @param from constants of at least so many bytes go beside
 * @returns the paths of what was written, the model first
 */
export async function writeModelFile(
  path: string,
  graph: Graph,
  meta: ModelMeta,
  from = EXTERNAL_FROM,
): Promise<readonly string[]> {
  const weights = new ExternalWeights(`${basename(path)}.data`, from);
  const bytes = writeModel(graph, meta, weights);
  const beside = weights.isEmpty ? [] : [`${path}.data`];
  for (const one of beside) await weights.write(one);
  await writeFile(path, bytes);
  return [path, ...beside];
}

/**
 * Reads a model and whatever weights lie in its folder.
 * @throws OnnxError as `readModel`; also if external data is missing, too short or outside of the folder
 */
export function readModelFile(path: string): OnnxModel {
  const { size } = statSync(path);
  if (size > MAX_MODEL_BYTES)
    throw new OnnxError(`a model must have at most ${MAX_MODEL_BYTES} bytes without external data; got ${size}`);
  return readModel(readFileSync(path), externalFolder(dirname(path)));
}
