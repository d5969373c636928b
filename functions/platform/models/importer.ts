/** Reads models of others. It loads ONNX Runtime, so nothing but the functions that have it imports this. */
import { inputShapeOf } from '#learning/imported/feeds.ts';
import { countNumbers, importedFiles } from '#learning/imported/files.ts';
import { readImported } from '#learning/imported/read.ts';
import { areWeights, readImportedWeights, weightsFileOf } from '#learning/imported/weights.ts';

export const importer = {
  ...{ read: readImported, files: importedFiles, count: countNumbers, inputShape: inputShapeOf },
  ...{ areWeights, weightsFileOf, readWeights: readImportedWeights },
};
