/** The files that a model may have, what each is for, and as what it is served. */
import { CARD_FILE, INT8_FILE, ONNX_FILE, SERVING_FILE } from '../serving/description.ts';
import { REFERENCE_FILE } from '../serving/reference.ts';
import { TEXT_FILE, WEIGHTS_FILE } from '../text/description.ts';

export const PYTORCH_FILE = 'model.pth';
export const SAFETENSORS_FILE = 'model.safetensors';
export const ENCODER_FILE = 'encoder.json';
export const METRICS_FILE = 'metrics.json';
/** A model of others as it was before it was wrapped. */
export const IMPORTED_FILE = 'imported.onnx';

export const PLOT_FILES = {
  curves: 'learning-curves.svg',
  confusion: 'confusion-matrix.svg',
  reliability: 'reliability.svg',
  predicted: 'predicted-vs-actual.svg',
} as const;

export const BINARY = 'application/octet-stream';
export const JSON_TYPE = 'application/json';
const TYPES: Readonly<Record<string, string>> = {
  json: JSON_TYPE,
  md: 'text/markdown; charset=utf-8',
  svg: 'image/svg+xml',
};

/** By the ending of its name. */
export const contentTypeOf = (file: string): string => TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? BINARY;

const PURPOSES: Readonly<Record<string, string>> = {
  [ONNX_FILE]: 'Takes raw features and gives answers: everything learned is inside it',
  [INT8_FILE]: 'The same as model.onnx with integers of 8 bits: smaller, and a little different',
  [PYTORCH_FILE]: 'The weights for the PyTorch module in the model card',
  [SAFETENSORS_FILE]: 'The same weights as safetensors',
  [WEIGHTS_FILE]: 'The weights as safetensors, from which a training can go on',
  [ENCODER_FILE]: 'How a row becomes the numbers that the PyTorch module takes',
  [IMPORTED_FILE]: 'The file that was imported, as it was',
  [SERVING_FILE]: 'The inputs of model.onnx, and the classes',
  [REFERENCE_FILE]: 'Typical values of the features, against which answers are explained',
  [TEXT_FILE]: 'How a text becomes the inputs of model.onnx, and the classes',
  [CARD_FILE]: 'What the model is, what it was made from, how good it is, and its PyTorch module',
  [METRICS_FILE]: 'All scores by epoch and at the end, the confusion matrix, the calibration and the evaluation',
  [PLOT_FILES.curves]: 'Scores by epoch',
  [PLOT_FILES.confusion]: 'True classes by predicted classes',
  [PLOT_FILES.reliability]: 'How often answers are right, by their confidence',
  [PLOT_FILES.predicted]: 'Predicted by actual values',
};

export const purposeOf = (file: string): string => PURPOSES[file] ?? 'A file of the model';

/** The formats in which a model can be downloaded, with the files that have it; the first that a model has is it. */
export const FORMATS = {
  onnx: [ONNX_FILE],
  pth: [PYTORCH_FILE],
  safetensors: [SAFETENSORS_FILE, WEIGHTS_FILE],
} as const;
export type Format = keyof typeof FORMATS;
export const formats = ['onnx', 'pth', 'safetensors'] as const satisfies readonly Format[];
