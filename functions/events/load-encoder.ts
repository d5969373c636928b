/**
 * Queue `encoders`: loads a pretrained encoder into the store, from a folder of this machine that has it or from the hub, and
 * then has the job continue that waits for it, or fail with the reason:
 *
 *     asked for ── list ── config ── tokenizer ── weights ── loaded
 *                   │                     └ read? ── fit? ┘
 *                   └── a file or a part that is complete is not loaded again ──┘
 *
 * A function has a time limit: shortly before it, what has come is stored, and another message loads the rest.
 */
import type { Context, SQSEvent } from 'aws-lambda';
import {
  encoderNamed,
  isListed,
  isUploaded,
  MOST_ENCODER_BYTES,
  NEEDED_FILES,
  WEIGHT_FILES,
} from '#domain/encoders/catalogue.ts';
import { askForEncoder, changeLoading } from '#domain/encoders/change.ts';
import { isEncoderFailure } from '#domain/encoders/failures.ts';
import { encoderPrefix } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import type { EncoderState } from '#domain/encoders/record.ts';
import { StorageLimitError } from '#domain/errors.ts';
import { reserveForAll } from '#domain/installation/storage.ts';
import { keys } from '#domain/keys.ts';
import { type EncoderMessage, encoderMessage, sendEncoder } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { timeLeft } from '#functions/time-left.ts';
import { sourceOf } from '#functions/training/loading/fields.ts';
import { expectEncoder } from '#learning/encoder/open.ts';
import { storedFiles } from '#learning/encoder/stored.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { type Hub, HubError, type HubFile, makeHub } from '#outgoing/hub.ts';
import { openRepositoryFolder } from '#outgoing/repository-folder.ts';
import { continueJob } from './awaited-encoder.ts';
import { consumer } from './batch.ts';
import { loadFile } from './load-file.ts';

export type LoadAdapters = Pick<Adapters, 'table' | 'blobs' | 'queues' | 'events' | 'now'>;

export interface LoadOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'hubUrl' | 'hubToken' | 'hubTokenFor' | 'encoderFolder' | 'caps'>;
}

/** Before the time limit, in which a part is written and a message sent. */
const MARGIN_MS = 30_000;

export function makeHandler(adapters: LoadAdapters, { logger, settings }: LoadOptions) {
  const { table, queues, now } = adapters;
  const find = makeSources(settings);
  const handle = async (message: EncoderMessage, milliseconds: number): Promise<void> => {
    const { encoder, job } = message;
    if (!encoderNamed(encoder) || isUploaded(encoder)) return logger.error('unknown encoder', { encoder });
    if (job) await askForEncoder(table, encoder, sourceOf(settings), isoTime(now()));
    const state = await findEncoder(table, keys.encoder(encoder));
    if (
      state?.status === 'loading' &&
      !(await load(adapters, state, { find, logger, caps: settings.caps, signal: timeLeft(milliseconds) }))
    ) {
      return sendEncoder(queues.encoders, message);
    }
    if (job) await continueJob({ ...adapters, logger }, job, encoder);
  };
  return (event: SQSEvent, call: Pick<Context, 'getRemainingTimeInMillis'>) =>
    consumer({ schema: encoderMessage, queue: queues.encoders, logger }, (message) =>
      handle(message, call.getRemainingTimeInMillis() - MARGIN_MS),
    )(event);
}

interface Source {
  readonly hub: Hub;
  /** For people. */
  readonly name: string;
  readonly repository: string;
}

/** Of an encoder: a folder of this machine, if it has it under either name, otherwise the hub. */
function makeSources(settings: LoadOptions['settings']): (encoder: string) => Promise<Source> {
  const folder = settings.encoderFolder === undefined ? undefined : openRepositoryFolder(settings.encoderFolder);
  const { hubUrl: url, hubToken: token, hubTokenFor: listed } = settings;
  const [open, authorized] = [makeHub({ url }), makeHub({ url, token })];
  return async (encoder) => {
    const { name, repository } = encoderNamed(encoder)!;
    for (const one of new Set([repository, name])) {
      if (await folder?.has(one)) return { hub: folder!, name: 'the folder of encoders', repository: one };
    }
    return { hub: isListed(repository, listed) ? authorized : open, name: sourceOf(settings), repository };
  };
}

interface Loading {
  readonly find: (encoder: string) => Promise<Source>;
  readonly logger: Log;
  readonly caps: Settings['caps'];
  readonly signal: AbortSignal;
}

/**
 * Ends with the encoder loaded or failed, unless another call has ended that. Resolves with false if there was no time for the
 * rest. Throws what neither the hub nor the files caused.
 */
async function load(
  { table, blobs, now }: LoadAdapters,
  state: EncoderState,
  { find, logger, caps, signal }: Loading,
): Promise<boolean> {
  const { name } = state;
  try {
    const source = await find(name);
    const { hub, repository } = source;
    const wanted = wantedOf(await hub.files(repository), repository);
    const total_bytes = wanted.reduce((sum, { size }) => sum + size, 0);
    const isThere = ({ path, size, sha256 }: HubFile) =>
      state.files.some((one) => one.file === path && one.size === size && (sha256 ?? one.sha256) === one.sha256);
    const files = state.files.filter(({ file }) => wanted.some((one) => one.path === file && isThere(one)));
    const complete = () => files.reduce((sum, { size }) => sum + size, 0);
    const change = (set: Parameters<typeof changeLoading>[2]) =>
      changeLoading(table, name, { total_bytes, source: source.name, ...set }, isoTime(now()));
    const check = async (weights: boolean): Promise<void> => {
      try {
        const named = { name: repository, prefix: encoderPrefix(state) };
        await expectEncoder(storedFiles(blobs.artifacts, files, named), { weights });
      } catch (error) {
        // What was refused may have been corrected in its place when it is asked for again.
        if (error instanceof TrainingFailure) await change({ files: [] });
        throw error;
      }
    };
    if (state.total_bytes !== total_bytes) {
      await reserve(table, total_bytes - state.loaded_bytes, caps);
      await change({});
    }
    for (const file of wanted) {
      // Weights come last: what cannot be read of the rest is said before they are loaded.
      if (isWeights(file.path)) await check(false);
      if (isThere(file)) continue;
      const made = await loadFile({
        ...{ blobs: blobs.artifacts, prefix: encoderPrefix(state), hub, repository, file, signal, now },
        before: state.partial.find((one) => one.file === file.path),
        report: (loaded, partial) =>
          change({ loaded_bytes: complete() + loaded, ...(partial === undefined ? {} : { partial: [partial] }) }),
      });
      if (!made) return false;
      files.push(made);
      await change({ files, partial: [], loaded_bytes: complete() });
    }
    await check(true);
    await change({ status: 'loaded', files, partial: [], loaded_bytes: complete() });
    logger.info('encoder loaded', { encoder: name, repository, bytes: complete() });
  } catch (error) {
    if (!(error instanceof HubError) && !(error instanceof TrainingFailure)) throw error;
    logger.warn('encoder not loaded', { encoder: name, code: error.code, reason: error.message });
    await changeLoading(
      table,
      name,
      {
        status: 'failed',
        failure: error.message,
        ...(isEncoderFailure(error.code) ? { failure_code: error.code } : {}),
      },
      isoTime(now()),
    );
  }
  return true;
}

async function reserve(table: Adapters['table'], bytes: number, caps: Settings['caps']): Promise<void> {
  try {
    await reserveForAll(table, bytes, caps);
  } catch (error) {
    if (!(error instanceof StorageLimitError)) throw error;
    throw new HubError('STORAGE_LIMIT_EXCEEDED', error.message, { cause: error });
  }
}

const isWeights = (file: string): boolean => WEIGHT_FILES.some((one) => one === file);

/** The files that an encoder consists of. Throws `HubError` if there is no configuration, or there are no weights. */
function wantedOf(all: readonly HubFile[], repository: string): HubFile[] {
  const named = (name: string) => all.find(({ path }) => path === name);
  const weights = WEIGHT_FILES.map(named).find((file) => file !== undefined);
  const config = named('config.json');
  if (!config || !weights) {
    throw new HubError(
      'FILES_MISSING',
      `${repository} must have config.json and one of ${WEIGHT_FILES.join(', ')}; the hub has no such files of it`,
    );
  }
  const wanted = [...NEEDED_FILES.map(named).filter((file) => file !== undefined), weights];
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= MOST_ENCODER_BYTES) return wanted;
  throw new HubError(
    'ENCODER_TOO_LARGE',
    `${repository} must have at most ${MOST_ENCODER_BYTES} bytes; the hub has ${bytes}`,
  );
}
