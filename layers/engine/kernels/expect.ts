import { parseModel } from '../onnx/proto.ts';
import type { Precision } from '../precision/precision.ts';
import type { Device } from '../run.ts';
import { kernelGaps } from './gaps.ts';

/** A precision was asked for that the device has no kernels for; the message names the operators. */
export class PrecisionError extends Error {
  override readonly name = 'PrecisionError';
}

const names: Readonly<Record<Device, string>> = { cpu: 'the CPU', cuda: 'CUDA' };

/**
 * Makes sure that a program in half precision runs as what it says, before a session is opened: a runtime that has no
 * kernel on the device takes the CPU's, and copies in each step; or casts to float32 and leaves out most roundings, so
 * that nothing is tested; or gives up.
 * @throws PrecisionError
 */
export function expectPrecision(
  { bytes, precision }: { readonly bytes: Uint8Array; readonly precision: Precision },
  device: Device = 'cpu',
): void {
  if (precision === 'float32') return;
  const gaps = kernelGaps(parseModel(bytes), device);
  const [first, ...others] = new Set(gaps.filter(({ types }) => types.includes(precision)).map(({ op }) => op));
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (nor for ${others.join(', ')})`;
  throw new PrecisionError(
    `${names[device]} has no ${precision} kernel for ${first}${more}: train in float32, on a device that has it, or with emulateHalf`,
  );
}
