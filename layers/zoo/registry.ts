import { baseline } from './baseline.ts';
import { biLstm } from './bilstm.ts';
import { compactTextFamily } from './compact-text-family.ts';
import { deepHpm } from './deephpm.ts';
import type { Family } from './family.ts';
import { resnet18, resnet50 } from './images/resnet.ts';
import { smallCnn } from './images/small-cnn.ts';
import { linear } from './linear.ts';
import { mlp } from './mlp.ts';

const all: readonly Family[] = [
  mlp,
  linear,
  smallCnn,
  resnet18,
  resnet50,
  biLstm,
  compactTextFamily,
  baseline,
  deepHpm,
];

/** Every model family, by `model_type`. */
export const families: Readonly<Record<string, Family>> = Object.fromEntries(all.map((one) => [one.name, one]));

/** The values that `model_type` may have. */
export const modelTypes: readonly string[] = Object.keys(families);
