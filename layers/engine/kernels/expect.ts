import { parseModel } from '../onnx/proto.ts';
import type { Precision } from '../precision/precision.ts';
import type { Device } from '../run.ts';
import { type KernelGap, kernelGaps } from './gaps.ts';

/** The device has no kernel for a node of the program. The message names the node and what the kernels accept. */
export class KernelError extends Error {
  override readonly name: string = 'KernelError';
}

/** The device has no kernels for the requested precision. The message names the operators. */
export class PrecisionError extends KernelError {
  override readonly name = 'PrecisionError';
}

const names: Readonly<Record<Device, string>> = { cpu: 'the CPU', cuda: 'CUDA' };

/** The part of a program that is checked. Its default precision is float32. */
interface Compiled {
  readonly bytes: Uint8Array;
  readonly precision?: Precision;
}

/**
 * Makes sure that a program can run on the device in its precision, before a session is opened. Without a kernel there,
 * the runtime may use the CPU's and copy data in each step, or cast to float32 and leave out most roundings, so that
 * half precision is not tested at all, or fail.
 * @throws KernelError for attributes that the device's kernels do not take, PrecisionError for half precision without
 * kernels
 */
export function expectKernels({ bytes, precision = 'float32' }: Compiled, device: Device = 'cpu'): void {
  // The CPU has a kernel for everything in float32.
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
