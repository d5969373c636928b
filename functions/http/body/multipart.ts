/** A `multipart/form-data` body with one file and some text fields, in any order. */
import { PassThrough, Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { Faults } from '#domain/faults.ts';
import { check } from '../validation/check.ts';
import type { Body, RawBody } from './body.ts';

export interface UploadedFile {
  /** As the client named it, without folders. */
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  /** The bytes in chunks, from the first byte on. May be called more than once. */
  read(): AsyncIterable<Uint8Array>;
}

/** Of one field's text; schemas set tighter bounds in characters. */
const FIELD_BYTES = 65_536;
/** More parts than any form of ours has, to bound the work for a body of many small parts. */
const MAX_PARTS = 32;

export interface DescribedFile {
  readonly description: string;
  /** A media type. */
  readonly contentType: string;
}

/** `fields` is strict: unknown fields are refused by name. The file is the field `file`. */
export function multipart<Z extends z.ZodObject>(
  fields: Z,
  { description, contentType }: DescribedFile,
): Body<{ file: UploadedFile; fields: z.output<Z> }> {
  const file = z.string().meta({ format: 'binary', contentMediaType: contentType, description });
  const schema = fields.extend({ file });
  return {
    accepts: ['multipart/form-data'],
    bound: (settings) => settings.uploadBytes,
    async parse(raw) {
      const form = await readForm(raw);
      for (const { field } of form.files) {
        if (field !== 'file') form.faults.add(field, 'is not a known file field; known is file');
      }
      form.faults.throwIfAny();
      const values = check(fields, Object.fromEntries(form.fields), { root: 'body' });
      const found = form.files[0];
      if (!found) throw ValidationError.of('file', 'is required');
      if (form.files.length > 1) throw ValidationError.of('file', `must be one file; got ${form.files.length}`);
      const { name, contentType, size } = found;
      return { file: { name, contentType, size, read: () => readFile(raw) }, fields: values };
    },
    openapi: {
      required: true,
      content: { 'multipart/form-data': { schema, encoding: { file: { contentType } } } },
    },
  };
}

interface Form {
  readonly files: {
    readonly field: string;
    readonly name: string;
    readonly contentType: string;
    readonly size: number;
  }[];
  readonly fields: Map<string, string>;
  readonly faults: Faults;
}

/**
 * Reads everything but the bytes of files, so that a field after the file is validated before the file is used. Throws
 * `ValidationError` if the bytes are not a complete form.
 */
async function readForm(raw: RawBody): Promise<Form> {
  const form: Form = { files: [], fields: new Map(), faults: new Faults() };
  const parser = makeParser(raw);
  parser.on('file', (field, stream, name, _encoding, contentType) => {
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    // An error in a part is reported by the parser as well.
    stream.on('error', () => {});
    stream.on('end', () => {
      form.files.push({ field, name: name ?? '', contentType, size });
    });
  });
  parser.on('field', (field, value, _fieldTruncated, valueTruncated) => {
    const message = fieldProblem(form, field, value, valueTruncated);
    if (message === undefined) form.fields.set(field, value);
    else form.faults.add(field ?? 'body', message);
  });
  parser.on('partsLimit', () => {
    form.faults.add('body', `must have at most ${MAX_PARTS} parts; got more`);
  });
  const source = Readable.from(raw.content.read(), { objectMode: false });
  try {
    await new Promise<void>((resolve, reject) => {
      source.on('error', reject);
      parser.on('error', (error) => reject(malformed(error)));
      parser.on('finish', resolve);
      source.pipe(parser);
    });
  } finally {
    source.destroy();
  }
  return form;
}

/** The bytes of the only file of a form that `readForm` has validated. */
async function* readFile(raw: RawBody): AsyncGenerator<Uint8Array> {
  const parser = makeParser(raw);
  const source = Readable.from(raw.content.read(), { objectMode: false });
  const file = new PassThrough();
  for (const stream of [source, parser]) stream.on('error', (error) => file.destroy(error));
  parser.on('file', (_, stream) => {
    stream.on('error', (error) => file.destroy(error));
    stream.pipe(file);
  });
  source.pipe(parser);
  try {
    yield* file;
  } finally {
    source.destroy();
  }
}

function makeParser({ contentType = '' }: RawBody): BusboyInstance {
  const headers: BusboyHeaders = { 'content-type': contentType };
  try {
    return new Busboy({ headers, limits: { fieldSize: FIELD_BYTES, parts: MAX_PARTS } });
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(error: unknown): ValidationError {
  const reason = REASONS[error instanceof Error ? error.message : ''] ?? 'it cannot be read';
  return ValidationError.of('body', `must be complete multipart/form-data; ${reason}`);
}

/** What the parser's messages mean. */
const REASONS: Readonly<Record<string, string>> = {
  'Multipart: Boundary not found': 'the content type has no boundary',
  'Unexpected end of multipart data': 'it ends before its last boundary',
  'Part terminated early due to unexpected end of multipart data': 'it ends within a part',
};

function fieldProblem(form: Form, field: string | undefined, value: string, truncated: boolean): string | undefined {
  if (field === undefined) return 'has a part without a name';
  if (truncated) return `must be at most ${FIELD_BYTES} bytes; got more`;
  if (form.fields.has(field)) return 'must be given once; got 2 values';
  if (value.includes('\uFFFD')) return 'must be valid UTF-8';
  return undefined;
}
