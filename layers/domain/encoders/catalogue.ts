/** The pretrained encoders that can be loaded, by name. */

export interface Encoder {
  readonly name: string;
  /** On the hub. */
  readonly repository: string;
}

const all: readonly Encoder[] = [
  { name: 'deberta-v3-base', repository: 'microsoft/deberta-v3-base' },
  { name: 'roberta-base', repository: 'FacebookAI/roberta-base' },
  { name: 'bert-base-uncased', repository: 'google-bert/bert-base-uncased' },
  { name: 'distilbert-base-uncased', repository: 'distilbert/distilbert-base-uncased' },
];

export const ENCODERS: Readonly<Record<string, Encoder>> = Object.fromEntries(all.map((one) => [one.name, one]));

/** `owner/name`, as the hub allows. */
const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

/** One of the catalogue, any repository by its name on the hub, or an uploaded one. Undefined for what is neither. */
export function encoderNamed(name: string): Encoder | undefined {
  if (Object.hasOwn(ENCODERS, name)) return ENCODERS[name];
  return REPOSITORY.test(name) ? { name, repository: name } : undefined;
}

/** Whether a list of repositories, each `owner/name` or all of an `owner`, has this one. */
export const isListed = (repository: string, listed: readonly string[]): boolean =>
  listed.some((one) => one === repository || one === repository.split('/')[0]);

/** What the names of encoders begin with that an account has uploaded: they are its own. */
const UPLOADED = 'uploads/';

export const isUploaded = (name: string): boolean => name.startsWith(UPLOADED);

/** The name of an uploaded encoder among all of an account's models, and the other way round. */
export const uploadedName = (name: string): string => `${UPLOADED}${name}`;
export const nameOfUpload = (name: string): string => name.slice(UPLOADED.length);

/** Of all files of an encoder. */
export const MOST_ENCODER_BYTES = 4 * 2 ** 30;

/** Files that are loaded of a repository, where it has them; of the weights the first. */
export const NEEDED_FILES = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'spm.model',
  'vocab.txt',
] as const;
export const WEIGHT_FILES = ['model.safetensors', 'pytorch_model.bin'] as const;

export const isFileOfEncoder = (file: string): boolean =>
  [...NEEDED_FILES, ...WEIGHT_FILES].some((one) => one === file);
