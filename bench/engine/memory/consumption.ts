import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type MemoryModel = 'encoder-12' | 'resnet-50';

/** What training took: the most memory of the whole process, and the quickest step. */
export interface Consumption {
  readonly mebibytes: number;
  readonly seconds: number;
}

const child = fileURLToPath(new URL('child.ts', import.meta.url));

/** Trains a model in a process of its own: the peak of a process never comes down again. */
export async function consumption(model: MemoryModel, way: 'kept' | 'recomputed'): Promise<Consumption> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, model, way]);
  const taken: Consumption = JSON.parse(stdout);
  process.stderr.write(
    `${model}, activations ${way}: ${taken.mebibytes.toFixed(0)} MiB, ${taken.seconds.toFixed(2)} s a step\n`,
  );
  return taken;
}
