/** The file that a download of `/api/v1/models` returns, and its name. */
import type { Artifact, Model } from '#domain/models/record.ts';
import type { Format } from '#learning/files/names.ts';
import { fileIn } from '../models/file.ts';

type WithFiles = Pick<Model, 'artifacts'>;

const artifactIn = (of: WithFiles, format: Format): Artifact | undefined => {
  const file = fileIn(of, format);
  return of.artifacts.find((one) => one.file === file);
};

/** A file for PyTorch, as in the document. Models of earlier builds have none: ONNX. */
export const usualFormatOf = (of: WithFiles): Format => (artifactIn(of, 'pth') ? 'pth' : 'onnx');

/** Such as `model_7_bilstm.pth`. Model types have only characters that every file system and header allows. */
export const filenameOf = ({ number, model_type }: Pick<Model, 'model_type' | 'number'>, format: Format): string =>
  `model_${number}_${model_type}.${format}`;

export const usualArtifactOf = (of: WithFiles): Artifact | undefined => artifactIn(of, usualFormatOf(of));
