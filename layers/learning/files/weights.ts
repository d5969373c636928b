/** Files of weights, as PyTorch (`.pth`, `.pt`, `.bin`) or safetensors wrote them: named tensors, read one at a time. */
import type { RandomAccess } from '#domain/random-access.ts';
import { openSafetensors } from './safetensors.ts';
import type { StoredTensors } from './stored-tensor.ts';
import { openTorch } from './torch.ts';

/** The first bytes of a zip's entry. */
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/**
 * Opens a file of either kind, which its first bytes tell.
 * @throws WeightsError
 */
export async function openWeights(file: RandomAccess): Promise<StoredTensors> {
  const head = await file.read(0, Math.min(file.size, ZIP.length));
  return ZIP.equals(head) ? openTorch(file) : openSafetensors(file);
}
