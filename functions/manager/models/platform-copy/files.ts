/** Which files of a model of the platform make it whole, and as what one file of the vault holds them. */
import { createHash } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import { DamagedFileError, NotFoundError } from '#domain/errors.ts';
import type { Artifact, Model } from '#domain/models/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { PYTORCH_FILE, SAFETENSORS_FILE } from '#learning/files/names.ts';
import { ONNX_FILE } from '#learning/serving/description.ts';
import { takesText } from '#learning/text/description.ts';
import { COMPACT_TEXT } from '#zoo/text-registry.ts';
import { type TarFile, tar, tarSize } from '../../backup/tar.ts';
import { type PlatformModelFacts, RECORD_FILE, recordOf } from './record.ts';

/** Of a model that is one file, by what it is. */
const FRAMEWORKS: Readonly<Record<string, string>> = {
  [ONNX_FILE]: 'onnx',
  [PYTORCH_FILE]: 'pytorch',
  [SAFETENSORS_FILE]: 'safetensors',
};

/** The graph of one that the platform trained takes hashed n-grams: what hashes them is beside it. */
const isOfTexts = (model: Model): boolean => takesText(model) || model.model_type === COMPACT_TEXT;

export interface CopiedFile {
  readonly framework: string;
  readonly isArchive: boolean;
  /** What is in the archive; one file is copied as it is. */
  readonly files: readonly Artifact[];
  readonly size: number;
  /** Its bytes. The end says whether they are those that the model was created with. */
  readonly read: (artifacts: Blobs) => AsyncIterable<Uint8Array>;
}

/**
 * A model that takes rows is its `model.onnx`, and one that was imported as weights is those. What takes texts needs its
 * `text.json` and its tokenizer: all its files are in one archive, with what the platform knows of it.
 */
export function copiedFile(model: Model): CopiedFile {
  const { artifacts: files } = model;
  const own = Object.keys(FRAMEWORKS).flatMap((name) => files.filter(({ file }) => file === name))[0];
  if (own !== undefined && !isOfTexts(model)) {
    const framework = FRAMEWORKS[own.file]!;
    return {
      framework,
      isArchive: false,
      files: [own],
      size: own.size,
      read: (artifacts) => bytesOf(artifacts, model, own),
    };
  }
  const record = Buffer.from(JSON.stringify(recordOf(model) satisfies PlatformModelFacts), 'utf8');
  const at = Date.parse(model.created_at);
  return {
    framework: 'trainyard',
    isArchive: true,
    files,
    size: tarSize([record.length, ...files.map(({ size }) => size)]),
    read: (artifacts) =>
      tar(
        [
          { name: RECORD_FILE, size: record.length, body: [record] },
          ...files.map((one): TarFile => ({ name: one.file, size: one.size, body: bytesOf(artifacts, model, one) })),
        ],
        at,
      ),
  };
}

async function* bytesOf(artifacts: Blobs, { account_id, id }: Model, { file, sha256 }: Artifact) {
  const hash = createHash('sha256');
  try {
    for await (const chunk of (await artifacts.get(blobKeys.modelFile(account_id, id, file))).body) {
      hash.update(chunk);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw error instanceof BlobNotFoundError ? new NotFoundError(`Model ${id} not found`) : error;
  }
  if (hash.digest('hex') !== sha256) throw new DamagedFileError(`${file} of model ${id}`);
}
