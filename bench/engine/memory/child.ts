/** `node child.ts MODEL kept|recomputed`: trains in a process of its own, and prints what that took as JSON. */
import { readFileSync } from 'node:fs';
import { recomputedLayer } from '#engine/memory/recompute.ts';
import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { Training } from '#engine/training/training.ts';
import { encoder, resnet, type Wrap } from '../models/large.ts';
import type { BenchModel } from '../models/model.ts';
import { dataOf, specOf, THREADS } from '../spec.ts';
import type { Consumption, MemoryModel } from './consumption.ts';

/** The first step takes memory piece by piece, the second as it has been laid out since. */
const STEPS = 3;

const models: Readonly<Record<MemoryModel, (wrap?: Wrap) => BenchModel>> = {
  'encoder-12': (wrap) => encoder(12, wrap),
  'resnet-50': (wrap) => resnet(wrap),
};

const [name, way] = process.argv.slice(2);
const model = models[name as MemoryModel](way === 'recomputed' ? recomputedLayer : undefined);
const spec = specOf(model);
await using training = await Training.open(compileTrain(spec), dataOf(model), initialState(spec, 1), {
  threads: THREADS,
});
const batch = Array.from({ length: model.batch }, (_, i) => i);
const seconds: number[] = [];
for (let step = 0; step < STEPS; step++) {
  const start = performance.now();
  await training.run([batch]);
  seconds.push((performance.now() - start) / 1000);
}
const [, kibibytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const consumption: Consumption = { mebibytes: Number(kibibytes) / 1024, seconds: Math.min(...seconds) };
process.stdout.write(JSON.stringify(consumption));
