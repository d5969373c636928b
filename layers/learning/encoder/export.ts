/** The files of a fine-tuned encoder: `model.onnx`, and a folder that transformers opens. */

import { greater } from '#engine/ops/compare.ts';
import { labelAt } from '#engine/ops/labels.ts';
import { softmax } from '#engine/ops/norm.ts';
import { argMax } from '#engine/ops/reduce.ts';
import { cast } from '#engine/ops/select.ts';
import { writeSafetensors } from '#engine/safetensors.ts';
import type { Tensors } from '#engine/tensor.ts';
import { constantParameters } from '#engine/training/network.ts';
import { compileInference } from '#engine/training/step.ts';
import { type } from '#engine/type.ts';
import type { Encoder } from '#zoo/encoders/encoder.ts';
import { type Artifacts, VERSION } from '../artifacts.ts';
import { ONNX_FILE } from '../serving/description.ts';
import { TEXT_FILE, type TokenServing } from '../text/description.ts';
import { storedWeights } from './checkpoint.ts';
import type { OpenedEncoder } from './open.ts';

const BINARY = 'application/octet-stream';
const JSON_TYPE = 'application/json';

/** As transformers names the classes. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  bert: 'BertForSequenceClassification',
  distilbert: 'DistilBertForSequenceClassification',
  roberta: 'RobertaForSequenceClassification',
  'deberta-v2': 'DebertaV2ForSequenceClassification',
};

export function encoderFiles(
  { config, encoder, tokenizerFiles }: Pick<OpenedEncoder, 'config' | 'encoder' | 'tokenizerFiles'>,
  parameters: Tensors,
  serving: TokenServing,
): Artifacts['files'] {
  const weights = writeSafetensors(Object.fromEntries(storedWeights(encoder, parameters)), { format: 'pt' });
  return [
    { file: ONNX_FILE, bytes: exportEncoder(encoder, parameters, serving), contentType: BINARY },
    { file: TEXT_FILE, bytes: Buffer.from(JSON.stringify(serving)), contentType: JSON_TYPE },
    { file: 'config.json', bytes: Buffer.from(configOf(config, encoder, serving.labels)), contentType: JSON_TYPE },
    ...Array.from(tokenizerFiles, ([file, bytes]) => ({
      ...{ file, bytes },
      contentType: file.endsWith('.json') ? JSON_TYPE : BINARY,
    })),
    { file: 'model.safetensors', bytes: Buffer.concat(weights), contentType: BINARY },
  ];
}

function configOf(config: OpenedEncoder['config'], { architecture }: Encoder, labels: readonly string[]): string {
  const { torch_dtype: _, ...rest } = config;
  return JSON.stringify({
    ...rest,
    architectures: [ARCHITECTURES[architecture]!],
    dtype: 'float32',
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: 'single_label_classification',
  });
}

/** Inputs as transformers names them, int64 [texts, tokens]. Outputs as those of every classification. */
export function exportEncoder(encoder: Encoder, parameters: Tensors, serving: TokenServing): Uint8Array {
  const input = type('int64', ['texts', 'tokens']);
  return compileInference({
    inputs: { input_ids: input, attention_mask: input },
    build: (b, { input_ids: ids, attention_mask: mask }) => {
      const p = constantParameters(b, parameters);
      const tokens = { ids: ids!, mask: greater(b, cast(b, mask!, 'int64'), 0) };
      const hidden = encoder.hidden(b, p, tokens, { training: false });
      const logits = encoder.logits(b, p, hidden, { training: false });
      return { label: labelAt(b, argMax(b, logits), serving.labels), probabilities: softmax(b, logits) };
    },
    meta: {
      producer: 'trainyard',
      producerVersion: VERSION,
      doc: `${encoder.architecture}: classes of texts. The inputs are those of its tokenizer.`,
      properties: { text: JSON.stringify(serving) },
    },
  });
}
