/** Files of weights, as PyTorch (`.pth`, `.pt`, `.bin`) or safetensors wrote them: named tensors, read one at a time. */
import type { RandomAccess } from '#domain/random-access.ts';
import { openSafetensors } from './safetensors.ts';
import type { StoredTensors, TensorShapes } from './stored-tensor.ts';
import { openTorch, torchShapes } from './torch.ts';
import { WeightsError } from './weights-error.ts';

/** The first bytes of a zip's entry. */
const ZIP = Buffer.from('PK\x03\x04', 'latin1');
/** The first byte of a pickle of protocol 2 or later, which `torch.save` wrote alone before version 1.6; the protocol follows. */
const PICKLE = 0x80;
const PROTOCOLS = { least: 2, most: 5 };
/** Of a safetensors file, the length of its header, which may begin with the same bytes; the header follows. */
const LENGTH_BYTES = 8;

/**
 * Opens a file of either kind, which its first bytes tell.
 * @param said what its name says that it is: where its bytes are neither, that is what is wrong
 * @throws WeightsError
 */
export async function openWeights(file: RandomAccess, said?: 'torch'): Promise<StoredTensors> {
  return (await isTorch(file, said)) ? openTorch(file) : openSafetensors(file);
}

/**
 * The shapes of its tensors, in a few reads however large it is. Whether the rest of the file is sound, opening it tells.
 * @throws WeightsError
 */
export async function weightShapes(file: RandomAccess): Promise<TensorShapes> {
  return (await isTorch(file)) ? torchShapes(file) : openSafetensors(file);
}

/** Whether it is a zip of PyTorch's. Otherwise it can only be safetensors. */
async function isTorch(file: RandomAccess, said?: 'torch'): Promise<boolean> {
  const head = Buffer.from(await file.read(0, Math.min(file.size, LENGTH_BYTES + 1)));
  if (ZIP.equals(head.subarray(0, ZIP.length))) return true;
  if (head.toString('latin1', LENGTH_BYTES) === '{') return false;
  const [first = 0, protocol = 0] = head;
  if (first === PICKLE && protocol >= PROTOCOLS.least && protocol <= PROTOCOLS.most)
    throw new WeightsError(
      'it is a pickle, as torch.save wrote it before PyTorch 1.6: open it with torch.load and save it again with torch.save',
    );
  if (said === 'torch')
    throw new WeightsError(
      `a .pth file must begin as a zip does, with the bytes ${ZIP.toString('hex')}; got ${head.toString('hex') || 'nothing'}, in a file of ${file.size} bytes`,
    );
  return false;
}
