/** What a training takes of memory, before it begins. */
import type { Tensors } from '#engine/tensor.ts';
import { TrainingFailure } from '../failure.ts';

export interface MemoryNeed {
  /** Parameters and what the optimizer keeps of each. */
  readonly state: Tensors;
  /** The rows that are in memory at once. */
  readonly data: Tensors;
  /** What a step computes, all at once at its peak. */
  readonly stepBytes: number;
  readonly batchSize: number;
}

/** Node.js, the program, the runtime, and what they grow by in a training: with the smallest network, 320 MB were measured. */
const PROCESS_BYTES = 320e6;
/** Before a step, after it, and what the fit keeps of the best epoch. */
const STATES = 3;

/**
 * Throws `TrainingFailure`, with what it needs, what there is and what to change, if the training does not fit. It is an
 * estimate: a training that is a little larger than it says is ended by the system's limit.
 */
export function expectMemory(need: MemoryNeed, available: number): void {
  const fixed = PROCESS_BYTES + STATES * bytesOf(need.state) + bytesOf(need.data);
  const total = fixed + need.stepBytes;
  if (total <= available) return;
  const fits = Math.floor(((available - fixed) / need.stepBytes) * need.batchSize);
  const advice =
    fits >= 1 ? `try a batch_size of ${fits} or less` : 'try a smaller network, or a machine with more memory';
  throw new TrainingFailure(
    `Training needs about ${gigabytes(total)} of memory: ${gigabytes(STATES * bytesOf(need.state))} for parameters and optimizer, ` +
      `${gigabytes(bytesOf(need.data))} for rows, ${gigabytes(need.stepBytes)} for a step of ${need.batchSize} rows; ` +
      `a trainer has ${gigabytes(available)} here. To make it fit, ${advice}`,
  );
}

function bytesOf(tensors: Tensors): number {
  return Object.values(tensors).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
