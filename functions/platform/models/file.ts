/** Answers with a file of a model. */
import type { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { NotFoundError } from '#domain/errors.ts';
import type { Artifact, Model } from '#domain/models/record.ts';
import type { Services } from '#functions/http/route.ts';
import { FORMATS, type Format } from '#learning/files/names.ts';
import { type fileHeaders, fileResponses, sendFile } from '../send-file.ts';

export const BINARY = 'application/octet-stream';

const about = { etag: 'The SHA-256 of the file', name: 'A name for the file' };

export const modelFileResponses = <const T extends string>(contentType: T) => fileResponses(contentType, about);

export interface Sent {
  readonly file: string;
  /** Only characters that every file system and every header allows. */
  readonly filename: string;
  readonly contentType: string;
}

/** Throws `NotFoundError` if the model has no such file, or has been deleted since it was read. */
export async function sendModelFile(
  of: Model,
  { file, filename, contentType }: Sent,
  headers: z.output<typeof fileHeaders>,
  { adapters, settings }: Services,
) {
  const { size, sha256 } = artifactOf(of, file);
  const stored = {
    blobs: adapters.blobs.artifacts,
    key: blobKeys.modelFile(of.account_id, of.id, file),
    ...{ size, sha256, etag: sha256, filename, contentType },
    disposition: `attachment; filename="${filename}"`,
    owner: `Model ${of.id}`,
  };
  return sendFile(stored, headers, settings);
}

/** Throws `NotFoundError` that says which files there are. */
export function artifactOf(of: Model, file: string): Artifact {
  const found = of.artifacts.find((one) => one.file === file);
  if (found) return found;
  const files = of.artifacts.map((one) => one.file).join(', ');
  throw new NotFoundError(`Model ${of.id} has no ${file}; it has ${files}`);
}

/** The file of a model in a format. One of an earlier build has no file for PyTorch: then the name of the missing one. */
export function fileIn(of: Pick<Model, 'artifacts'>, format: Format): string {
  const [first, ...others] = FORMATS[format];
  return [first, ...others].find((file) => of.artifacts.some((one) => one.file === file)) ?? first;
}

/** `My_model-1.0.0`. */
export const baseNameOf = ({ name, version }: Pick<Model, 'name' | 'version'>): string =>
  `${name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._]+/, '') || 'model'}-${version}`;
