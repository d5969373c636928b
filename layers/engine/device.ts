import { Builder, Graph } from './graph.ts';
import { writeModel } from './onnx/write.ts';
import { matMul } from './ops/linalg.ts';
import { type Device, openSession } from './run.ts';
import { tensorFrom } from './tensor.ts';

export interface FoundDevice {
  readonly device: Device;
  /** Why it is not a GPU, as the runtime says it. */
  readonly reason?: string;
}

/** The best device of this machine: a GPU if it can load and run a tiny model, otherwise the processor. */
export async function findDevice(open: typeof openSession = openSession): Promise<FoundDevice> {
  const b = new Builder();
  const x = b.input('x', 'float32', [2, 2]);
  const model = writeModel(new Graph('probe', [x], { y: matMul(b, x, x) }), { producer: 'trainyard' });
  try {
    await using session = await open(model, { device: 'cuda' });
    // Some libraries are only loaded by the first kernel.
    await session.run({ x: tensorFrom('float32', [2, 2], [1, 2, 3, 4]) });
    return { device: 'cuda' };
  } catch (error) {
    return { device: 'cpu', reason: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
