import { parseModel } from '../onnx/proto.ts';
import type { Precision } from '../precision/precision.ts';
import type { Device } from '../run.ts';
import { type KernelGap, kernelGaps } from './gaps.ts';

/** A program does what the device has no kernel for; the message names the node and what its kernels want. */
export class KernelError extends Error {
  override readonly name: string = 'KernelError';
}

/** A precision was asked for that the device has no kernels for; the message names the operators. */
export class PrecisionError extends KernelError {
  override readonly name = 'PrecisionError';
}

const names: Readonly<Record<Device, string>> = { cpu: 'the CPU', cuda: 'CUDA' };

/** What is looked at of a program; it is float32 if it does not say. */
interface Compiled {
  readonly bytes: Uint8Array;
  readonly precision?: Precision;
}

/**
 * Makes sure that a program runs on the device as what it says, before a session is opened: a runtime that has no kernel
 * there takes the CPU's, and copies in each step; or casts to float32 and leaves out most roundings, so that nothing is
 * tested; or gives up.
 * @throws KernelError for attributes that the device's kernels do not take, PrecisionError for half precision without
 * kernels
 */
export function expectKernels({ bytes, precision = 'float32' }: Compiled, device: Device = 'cpu'): void {
  // There is a kernel for everything.
  if (precision === 'float32' && device === 'cpu') return;
  const gaps = kernelGaps(parseModel(bytes), device);
  const limited = gaps.find(({ reason }) => reason !== undefined);
  if (limited)
    throw new KernelError(
      `${names[device]} has no kernel for ${limited.op} of node '${limited.node}': it ${limited.reason}; use what it takes, or the CPU`,
    );
  if (precision !== 'float32') expectPrecision(gaps, precision, device);
}

function expectPrecision(gaps: readonly KernelGap[], precision: Precision, device: Device): void {
  const [first, ...others] = new Set(gaps.filter(({ types }) => types.includes(precision)).map(({ op }) => op));
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (nor for ${others.join(', ')})`;
  throw new PrecisionError(
    `${names[device]} has no ${precision} kernel for ${first}${more}: train in float32, on a device that has it, or with emulateHalf`,
  );
}
