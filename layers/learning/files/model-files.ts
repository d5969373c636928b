/** The files of a model for other tools, beside those that serve it: weights, metrics and pictures. */

import { writeSafetensors } from '#engine/safetensors.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { TorchModule } from '#zoo/torch-module.ts';
import type { ArtifactFile, Artifacts } from '../artifacts.ts';
import type { Fitted } from '../assess/outputs.ts';
import type { Fit } from '../fit/fit.ts';
import type { Answers, EncodedData } from '../fit/task.ts';
import { type Observed, observe } from '../metrics/observed.ts';
import { drawConfusion } from '../plots/confusion.ts';
import { drawCurves } from '../plots/curves.ts';
import { drawPredicted } from '../plots/predicted.ts';
import { drawReliability } from '../plots/reliability.ts';
import type { Prepared } from '../prepared.ts';
import { CARD_FILE } from '../serving/description.ts';
import { metricsFile } from './metrics-file.ts';
import { contentTypeOf, METRICS_FILE, PLOT_FILES, PYTORCH_FILE, SAFETENSORS_FILE } from './names.ts';
import { pytorchCard, type TorchUse } from './pytorch-card.ts';
import { writeTorch } from './write-torch.ts';

export interface Finished {
  readonly answers: Answers;
  readonly learner: Fitted['learner'];
  readonly fit: Fit;
  readonly data: EncodedData;
  readonly rows: Prepared['rows'];
  /** Absent for a family without a module of PyTorch. */
  readonly torch?: { readonly module: TorchModule; readonly use: TorchUse };
}

export async function withFiles(made: Artifacts, finished: Finished): Promise<Artifacts> {
  const { answers, learner, fit, data, rows, torch } = finished;
  const judged = data.validation ?? data.training;
  const observed = await observe(answers, { learner, parameters: fit.parameters, data: judged });
  const { classes } = answers;
  const { performance } = made.record;
  const more = [
    ...(torch ? weightFiles(torch.module.state(fit.parameters)) : []),
    file(METRICS_FILE, metricsFile({ fit, classes, rows, performance, observed })),
    ...plots(fit, classes, observed),
  ];
  return { ...made, files: [...made.files.map((one) => (torch ? withModule(one, torch) : one)), ...more] };
}

export const file = (name: string, bytes: Uint8Array): ArtifactFile => ({
  file: name,
  bytes,
  contentType: contentTypeOf(name),
});

/** Other programs know by `format` for whom a safetensors file was written. */
const weightFiles = (state: Tensors): ArtifactFile[] => [
  file(PYTORCH_FILE, Buffer.concat(writeTorch(state))),
  file(SAFETENSORS_FILE, Buffer.concat(writeSafetensors(state, { format: 'pt' }))),
];

function withModule(one: ArtifactFile, { module, use }: NonNullable<Finished['torch']>): ArtifactFile {
  if (one.file !== CARD_FILE) return one;
  return { ...one, bytes: Buffer.concat([one.bytes, Buffer.from(pytorchCard(module, use))]) };
}

function plots({ history, bestEpoch }: Fit, classes: readonly string[], observed: Observed): ArtifactFile[] {
  const drawn: [string, string | undefined][] = [[PLOT_FILES.curves, drawCurves(history, bestEpoch)]];
  if (observed.task === 'regression') {
    drawn.push([PLOT_FILES.predicted, drawPredicted(observed.pairs)]);
  } else {
    const { calibration, calibrationError } = observed;
    const confusion = observed.task === 'classification' ? observed.confusion : undefined;
    drawn.push([PLOT_FILES.confusion, confusion && drawConfusion(classes, confusion)]);
    drawn.push([PLOT_FILES.reliability, drawReliability(calibration, calibrationError)]);
  }
  return drawn.flatMap(([name, svg]) => (svg === undefined ? [] : [file(name, Buffer.from(svg))]));
}
