/** The files of a model that was imported, and what its record has of it. */
import { warningLine } from '#domain/datasets/warnings.ts';
import { dataType, parseModel } from '#engine/onnx/proto.ts';
import type { ArtifactFile } from '../artifacts.ts';
import { BINARY, IMPORTED_FILE, JSON_TYPE } from '../files/names.ts';
import { imageCard } from '../image/card.ts';
import { CARD_FILE, ONNX_FILE, SERVING_FILE, type Serving } from '../serving/description.ts';
import { cell, code, line } from '../serving/markdown.ts';
import type { Imported } from './read.ts';

export interface ImportFacts {
  readonly name: string;
  readonly fileName: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

export function importedFiles(original: Uint8Array, imported: Imported, facts: ImportFacts): ArtifactFile[] {
  const { onnx, serving } = imported;
  return [
    { file: ONNX_FILE, bytes: onnx, contentType: BINARY },
    { file: IMPORTED_FILE, bytes: original, contentType: BINARY },
    { file: SERVING_FILE, bytes: Buffer.from(JSON.stringify(serving)), contentType: JSON_TYPE },
    { file: CARD_FILE, bytes: Buffer.from(cardOf(imported, facts)), contentType: 'text/markdown; charset=utf-8' },
  ];
}

/** The numbers among the model's tensors. */
export function countNumbers(original: Uint8Array): number {
  const real: readonly number[] = [dataType.float32, dataType.float64, dataType.float16, dataType.bfloat16];
  return parseModel(original)
    .graph.initializer.filter((one) => real.includes(one.dataType))
    .reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
}

const inputsOf = (serving: Serving): string =>
  serving.features.length === 0
    ? imageCard(serving).table
    : `| Input | Feature | Type |
| --- | --- | --- |
${serving.features.map((one) => `| ${code(one.input)} | ${cell(one.name)} | ${one.type} |`).join('\n')}`;

const cardOf = (
  { serving, notes, warnings }: Imported,
  { name, fileName, createdAt }: ImportFacts,
): string => `# ${line(name)}

A model of others for ${serving.task}, predicting ${code(serving.target)}. Imported from ${code(fileName)} on ${createdAt}. Nothing is known of its data or of how good it is.

\`${ONNX_FILE}\` has it within inputs and outputs as those of every model here; \`${IMPORTED_FILE}\` is the file as it was.

${inputsOf(serving)}
${serving.task === 'classification' ? `\nClasses: ${serving.classes.map(code).join(', ')}.\n` : ''}
How its inputs and outputs became these:

${notes.map((note) => `- ${line(note)}`).join('\n')}
${warnings.length === 0 ? '' : `\nWhat is to be known before it is used:\n\n${warnings.map((one) => `- ${line(warningLine(one))}`).join('\n')}\n`}`;
