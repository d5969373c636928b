/** The file that a download of `/api/v1/models` returns: which one, and its name, by the model's algorithm. */
import type { Artifact, Model } from '#domain/models/record.ts';
import { ONNX_FILE } from '#learning/serving/description.ts';

const PYTORCH_FILE = 'model.pth';

/** The algorithms of the document are PyTorch files; those that are not in this table are ONNX. */
const FILES: Readonly<Record<string, string>> = {
  baseline: PYTORCH_FILE,
  bilstm: PYTORCH_FILE,
  deephpm: PYTORCH_FILE,
};

export const fileOf = ({ model_type }: Pick<Model, 'model_type'>): string =>
  Object.hasOwn(FILES, model_type) ? FILES[model_type]! : ONNX_FILE;

/** Such as `model_7_bilstm.pth`. Model types have only characters that every file system and header allows. */
export function filenameOf(of: Pick<Model, 'model_type' | 'number'>): string {
  const extension = fileOf(of).slice(fileOf(of).lastIndexOf('.'));
  return `model_${of.number}_${of.model_type}${extension}`;
}

export const artifactOf = (of: Pick<Model, 'model_type' | 'artifacts'>): Artifact | undefined =>
  of.artifacts.find(({ file }) => file === fileOf(of));
