import { TrainingFailure } from './failure.ts';

/** Throws `TrainingFailure` if the disk becomes full. */
export async function withRoom<T>(writing: () => Promise<T>): Promise<T> {
  try {
    return await writing();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause;
    throw new TrainingFailure("The data must fit onto the trainer's disk, parsed and encoded; it is full", { cause });
  }
}

/** Whether rows of so many bytes are kept on disk. Throws `TrainingFailure` if they are to be and there is none. */
export function needsDisk(bytes: number, most: number, hasDisk: boolean): boolean {
  if (bytes <= most) return false;
  if (hasDisk) return true;
  throw new TrainingFailure(
    `The data must take at most ${most} bytes of memory where there is no disk to put them; got about ${bytes}`,
  );
}
