/** The files of a model for other tools, beside those that serve it: weights, metrics and pictures. */

import { writeSafetensors } from '#engine/safetensors.ts';
import type { Tensors } from '#engine/tensor.ts';
import type { TorchModule } from '#zoo/torch-module.ts';
import type { ArtifactFile, Artifacts } from '../artifacts.ts';
import type { Evaluation } from '../assess/evaluation.ts';
import type { Fitted } from '../assess/outputs.ts';
import type { Fit } from '../fit/fit.ts';
import type { Answers, EncodedData } from '../fit/task.ts';
import { pairsOf } from '../metrics/pairs.ts';
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
  readonly evaluation: Evaluation;
  /** Absent for a family without a module of PyTorch. */
  readonly torch?: { readonly module: TorchModule; readonly use: TorchUse };
}

export async function withFiles(made: Artifacts, finished: Finished): Promise<Artifacts> {
  const { answers, fit, rows, evaluation, torch } = finished;
  const more = [
    ...(torch ? weightFiles(torch.module.state(fit.parameters)) : []),
    file(METRICS_FILE, metricsFile({ task: answers.task, fit, rows, evaluation })),
    ...(await plots(finished)),
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

async function plots({ answers, learner, fit, data, evaluation }: Finished): Promise<ArtifactFile[]> {
  const { classification, multilabel, metrics } = evaluation;
  const drawn: [string, string | undefined][] = [[PLOT_FILES.curves, drawCurves(fit.history, fit.bestEpoch)]];
  if (answers.task === 'regression') {
    const judged = data.validation ?? data.training;
    const pairs = await pairsOf(answers, { learner, parameters: fit.parameters, data: judged });
    drawn.push([PLOT_FILES.predicted, drawPredicted(pairs)]);
  }
  if (classification) {
    const { classes, confusion_matrix: counts, reliability } = classification;
    drawn.push([PLOT_FILES.confusion, counts && drawConfusion(classes, counts)]);
    drawn.push([PLOT_FILES.reliability, drawReliability(reliability, metrics.expected_calibration_error!)]);
  }
  if (multilabel) {
    const { reliability, expected_calibration_error: error } = multilabel;
    drawn.push([PLOT_FILES.reliability, drawReliability(reliability!, error!)]);
  }
  return drawn.flatMap(([name, svg]) => (svg === undefined ? [] : [file(name, Buffer.from(svg))]));
}
