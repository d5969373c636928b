/** A file of weights that is imported: it does not predict, and a training can start from it. */
import { ValidationError } from '#domain/errors.ts';
import type { RandomAccess } from '#domain/random-access.ts';
import type { ArtifactFile } from '../artifacts.ts';
import { shown } from '../csv/fault.ts';
import { isZip } from '../files/archive.ts';
import { notFinite, readingAhead } from '../files/finite-weights.ts';
import { contentTypeOf, PYTORCH_FILE, SAFETENSORS_FILE } from '../files/names.ts';
import type { StoredTensor, StoredTensors } from '../files/stored-tensor.ts';
import { openWeights } from '../files/weights.ts';
import { WeightsError } from '../files/weights-error.ts';
import { CARD_FILE } from '../serving/description.ts';
import { code, line } from '../serving/markdown.ts';
import type { ImportFacts } from './files.ts';

export interface ImportedWeights {
  /** As which of a model's files it is stored. */
  readonly file: string;
  readonly card: ArtifactFile;
  /** How many numbers there are. */
  readonly parameters: number;
}

/** Of the header of a safetensors file: its length, and what it begins with. */
const LENGTH_BYTES = 8;
const MOST_LISTED = 1000;

/** How the header of a safetensors file begins. */
const HEADER = /^\{\s{0,9}["}]/;
const HEADER_START_BYTES = 12;

/** What PyTorch's files are called. */
const TORCH_ENDINGS = ['.pth', '.pt', '.ckpt'];
const SAFETENSORS_ENDING = '.safetensors';

/** As which of a model's files a file of weights of this name is stored. `undefined`: the name is not one of weights. */
export function weightsFileOf(fileName: string): string | undefined {
  const name = fileName.toLowerCase();
  if (name.endsWith(SAFETENSORS_ENDING)) return SAFETENSORS_FILE;
  return TORCH_ENDINGS.some((ending) => name.endsWith(ending)) ? PYTORCH_FILE : undefined;
}

/**
 * Whether the file is a zip, as PyTorch's are, or safetensors, or is called so: also one that is cut or says a wrong length,
 * because reading it tells what is wrong with it. An ONNX model is neither.
 * @param head the first bytes
 */
export function areWeights(head: Buffer, fileName: string): boolean {
  if (isZip(head) || weightsFileOf(fileName) !== undefined) return true;
  return HEADER.test(head.toString('latin1', LENGTH_BYTES, LENGTH_BYTES + HEADER_START_BYTES));
}

/** @throws ValidationError with field `file`, also for a pickle that would do anything else than hold tensors */
export async function readImportedWeights(file: RandomAccess, facts: ImportFacts): Promise<ImportedWeights> {
  const stored = await opened(readingAhead(file), facts.fileName);
  const tensors = [...stored.values()];
  const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
  if (parameters === 0) throw ValidationError.of('file', `must have numbers; got ${tensors.length} tensors with none`);
  const odd = await notFinite(stored, file.size);
  if (odd !== undefined) {
    throw ValidationError.of('file', `must have finite weights; got NaN or Infinity in the tensor ${shown(odd)}`);
  }
  const bytes = Buffer.from(cardOf(tensors, facts));
  return {
    file: isZip(await file.read(0, Math.min(file.size, HEADER_START_BYTES))) ? PYTORCH_FILE : SAFETENSORS_FILE,
    card: { file: CARD_FILE, bytes, contentType: contentTypeOf(CARD_FILE) },
    parameters,
  };
}

async function opened(file: RandomAccess, fileName: string): Promise<StoredTensors> {
  try {
    return await openWeights(file, weightsFileOf(fileName) === PYTORCH_FILE ? 'torch' : undefined);
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw ValidationError.of('file', `must be weights that can be read: ${error.message}`);
  }
}

const cardOf = (
  tensors: readonly StoredTensor[],
  { name, fileName, createdAt }: ImportFacts,
): string => `# ${line(name)}

Weights of others, imported from ${code(fileName)} on ${createdAt}. It does not predict: a training can start from it, with \`start_from\`.

| Tensor | Shape | Type |
| --- | --- | --- |
${tensors
  .slice(0, MOST_LISTED)
  .map((one) => `| ${code(one.name)} | ${one.shape.join(' × ')} | ${one.type} |`)
  .join('\n')}
${tensors.length > MOST_LISTED ? `\nand ${tensors.length - MOST_LISTED} more.\n` : ''}`;
