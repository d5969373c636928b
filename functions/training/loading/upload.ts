import { createHash } from 'node:crypto';
import { z } from 'zod';
import { MOST_ENCODER_BYTES, WEIGHT_FILES } from '#domain/encoders/catalogue.ts';
import { encoderPrefix } from '#domain/encoders/place.ts';
import { ENCODER_STATUSES, type EncoderFile, type EncoderState, type PartialFile } from '#domain/encoders/record.ts';
import { partKey, readStored } from '#domain/encoders/stored-file.ts';
import { missingOf, openUpload, recordUpload, UPLOADABLE } from '#domain/encoders/uploads.ts';
import { ValidationError } from '#domain/errors.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { Content } from '#domain/request-body.ts';
import { bytes } from '#functions/http/body/bytes.ts';
import { route } from '#functions/http/route.ts';
import { shown } from '#learning/csv/fault.ts';
import { expectEncoder } from '#learning/encoder/open.ts';
import { storedFiles } from '#learning/encoder/stored.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { ConfigurationError } from '#zoo/encoders/encoder.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import { modelName } from '../fields.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

export const uploadName = z.string().meta({
  description: 'The model is called `uploads/` and this',
  ...{ pattern: NAME.source, minLength: 1, maxLength: 80, example: 'my-bert' },
});

type FileName = (typeof UPLOADABLE)[number];

const fileName = z.string().meta({ enum: [...UPLOADABLE], example: 'config.json' });

/** Throws `ValidationError`: whoever uploads is told what is wrong, not that there is no such place. */
function expectPath({ name, file }: { readonly name: string; readonly file: string }): FileName {
  if (!NAME.test(name)) {
    throw ValidationError.of(
      'name',
      `must be 1 to 80 letters, digits, dots, hyphens and underscores, and begin with a letter or digit; got ${shown(name)}`,
    );
  }
  const found = UPLOADABLE.find((one) => one === file);
  if (found) return found;
  throw ValidationError.of('file', `must be one of ${UPLOADABLE.join(', ')}; got ${shown(file)}`);
}

const answer = z
  .strictObject({
    model_name: modelName.meta({ example: 'uploads/my-bert' }),
    file: z.enum(UPLOADABLE),
    received: z.int().meta({ description: 'Bytes of the file so far', example: 440_473_133 }),
    size: z.int().meta({ description: 'Bytes of the whole file', example: 440_473_133 }),
    status: z.enum(ENCODER_STATUSES).meta({ description: '`loaded` when nothing is missing', example: 'loaded' }),
    missing: z.array(z.string()).meta({ description: 'Files without which it cannot be trained', example: [] }),
  })
  .meta({ id: 'EncoderUpload' });

export const uploadEncoder = route({
  method: 'PUT',
  path: '/model-loading/uploads/{name}/{file}',
  summary: 'Upload a file of an encoder',
  description:
    'An addition. The files are those of a repository of the hub, the weights last; then the model `uploads/NAME` can be trained, and cannot be changed any more. A file that is larger than one request may be is sent in parts, one after another, each with a `Content-Range`.',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: {
    path: z.strictObject({ name: uploadName, file: fileName }),
    headers: z.object({
      'content-range': z
        .string()
        .max(100)
        .optional()
        .meta({ description: 'Of a part: `bytes FIRST-LAST/SIZE`', example: 'bytes 0-33554431/440473133' }),
    }),
    body: bytes(['application/octet-stream'], 'The file, or a part of it'),
  },
  responses: { 200: { description: 'Stored', schema: answer } },
  errors: [409],
  resource: async ({ caller, path }, { adapters: { table, now } }) => ({
    file: expectPath(path),
    state: await openUpload(table, caller.accountId, path.name, now()),
  }),
  async handler({ caller: { accountId }, resource: { file, state }, headers, body }, { adapters, settings }) {
    const { table, now } = adapters;
    const range = rangeOf(headers['content-range'], body.size);
    const before = state.partial.find((one) => one.file === file);
    const parts = range.start === 0 ? [] : [...(before?.size === range.size ? before.parts : [])];
    const received = parts.reduce((sum, size) => sum + size, 0);
    if (received !== range.start) {
      throw ValidationError.of(
        'content-range',
        `must begin at byte ${received}, the next of ${file}; got ${range.start}`,
      );
    }
    const others = [...state.files, ...state.partial].filter((one) => one.file !== file);
    expectRoom(others.reduce((sum, { size }) => sum + size, range.size));
    if (file === 'config.json') await expectConfiguration(body);
    await reserveBytes(table, accountId, body.size, settings.caps);
    const prefix = encoderPrefix(state);
    await adapters.blobs.artifacts.put(partKey(prefix, file, range.start, body.size), body.read());
    const partial: PartialFile = { file, size: range.size, parts: [...parts, body.size] };
    const whole =
      range.start + body.size === range.size ? await completed(adapters.blobs.artifacts, prefix, partial) : [];
    const files = [...state.files.filter((one) => one.file !== file), ...whole];
    if (whole.length > 0) await expectReadable(adapters.blobs.artifacts, state, files);
    const next = await recordUpload(
      table,
      accountId,
      state,
      {
        files,
        partial: [...state.partial.filter((one) => one.file !== file), ...(whole.length === 0 ? [partial] : [])],
      },
      now(),
    );
    return {
      status: 200,
      body: {
        ...{ model_name: state.name, file, received: range.start + body.size, size: range.size },
        ...{ status: next.status, missing: missingOf(files) },
      },
    };
  },
});

const RANGE = /^bytes (\d{1,12})-(\d{1,12})\/(\d{1,12})$/;

/** Throws `ValidationError`. */
function rangeOf(given: string | undefined, bytes: number): { readonly start: number; readonly size: number } {
  if (bytes === 0) throw ValidationError.of('body', 'must not be empty');
  if (given === undefined) return { start: 0, size: bytes };
  const [first, last, size] = (RANGE.exec(given) ?? []).slice(1).map(Number);
  if (first === undefined || last === undefined || size === undefined || last < first || last >= size) {
    throw ValidationError.of('content-range', `must be bytes FIRST-LAST/SIZE; got ${given}`);
  }
  if (last - first + 1 === bytes) return { start: first, size };
  throw ValidationError.of('content-range', `must be of the ${bytes} bytes that were sent; got ${last - first + 1}`);
}

function expectRoom(total: number): void {
  if (total <= MOST_ENCODER_BYTES) return;
  throw ValidationError.of('body', `all files must have at most ${MOST_ENCODER_BYTES} bytes; they have ${total}`);
}

/** What is not read is said at once. Throws `ValidationError`. */
async function expectConfiguration(body: Content): Promise<void> {
  try {
    encoderOf(JSON.parse(Buffer.from(await body.bytes()).toString('utf8')), { classes: 2 });
  } catch (error) {
    if (error instanceof ConfigurationError) throw ValidationError.of('body', error.message);
    throw ValidationError.of('body', 'must be a config.json: a JSON object');
  }
}

/** As soon as there is enough to tell: what cannot be read or does not fit is not taken. Throws `ValidationError`. */
async function expectReadable(blobs: Blobs, state: EncoderState, files: readonly EncoderFile[]): Promise<void> {
  const weights = WEIGHT_FILES.some((name) => files.some(({ file }) => file === name));
  // The weights may be missing still.
  if (missingOf([...files, { file: WEIGHT_FILES[0] }]).length > 0) return;
  try {
    await expectEncoder(storedFiles(blobs, files, { name: state.name, prefix: encoderPrefix(state) }), { weights });
  } catch (error) {
    if (!(error instanceof TrainingFailure)) throw error;
    throw ValidationError.of('body', `cannot be taken: ${error.message}`);
  }
}

async function completed(blobs: Blobs, prefix: string, { file, size, parts }: PartialFile): Promise<EncoderFile[]> {
  const hash = createHash('sha256');
  for await (const chunk of readStored(blobs, prefix, { file, size, parts })) hash.update(chunk);
  return [{ file, size, sha256: hash.digest('hex'), parts }];
}
