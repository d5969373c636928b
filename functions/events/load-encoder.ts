/**
 * Queue `encoders`: loads a pretrained encoder from the hub into the store, and then has the job continue that waits for
 * it, or fail with the reason:
 *
 *     asked for ── list ── config ── tokenizer ── weights ── loaded
 *                   └───────── a file that is complete is not loaded again ─────────┘
 */
import { createHash } from 'node:crypto';
import { encoderNamed, MOST_ENCODER_BYTES, NEEDED_FILES, WEIGHT_FILES } from '#domain/encoders/catalogue.ts';
import { askForEncoder, changeLoading } from '#domain/encoders/change.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import type { EncoderState } from '#domain/encoders/record.ts';
import { blobKeys } from '#domain/keys.ts';
import { encoderMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { sourceOf } from '#functions/training/loading/fields.ts';
import { type Hub, HubError, type HubFile, makeHub } from '#outgoing/hub.ts';
import { continueJob } from './awaited-encoder.ts';
import { consumer } from './batch.ts';

export type LoadAdapters = Pick<Adapters, 'table' | 'blobs' | 'queues' | 'events' | 'now'>;

export interface LoadOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'hubUrl' | 'hubToken'>;
}

/** Milliseconds between two reports of progress. */
const REPORT_MS = 1_000;

export function makeHandler(adapters: LoadAdapters, { logger, settings }: LoadOptions) {
  const hub = makeHub({ url: settings.hubUrl, token: settings.hubToken });
  const { table, now } = adapters;
  return consumer({ schema: encoderMessage, queue: adapters.queues.encoders, logger }, async ({ encoder, job }) => {
    if (!encoderNamed(encoder)) return logger.error('unknown encoder', { encoder });
    if (job) await askForEncoder(table, encoder, sourceOf(settings), isoTime(now()));
    const state = await findEncoder(table, encoder);
    if (state?.status === 'loading') await load(adapters, hub, state, logger);
    if (job) await continueJob({ ...adapters, logger }, job, encoder);
  });
}

/** Ends with the encoder loaded or failed, unless another call has ended that. Throws what neither the hub nor the files caused. */
async function load({ table, blobs, now }: LoadAdapters, hub: Hub, state: EncoderState, logger: Log): Promise<void> {
  const { name } = state;
  const { repository } = encoderNamed(name)!;
  try {
    const wanted = wantedOf(await hub.files(repository), repository);
    const total_bytes = wanted.reduce((sum, { size }) => sum + size, 0);
    const isThere = (file: HubFile) => state.files.some((one) => one.file === file.path && one.size === file.size);
    const files = state.files.filter(({ file }) => wanted.some((one) => one.path === file && isThere(one)));
    let loaded = files.reduce((sum, { size }) => sum + size, 0);
    let reportedAt = Number.NEGATIVE_INFINITY;
    const report = async () => {
      if (now() - reportedAt < REPORT_MS) return;
      reportedAt = now();
      await changeLoading(table, name, { loaded_bytes: loaded, total_bytes }, isoTime(now()));
    };
    for (const file of wanted) {
      if (isThere(file)) continue;
      const hash = createHash('sha256');
      const bytes = async function* () {
        for await (const chunk of hub.read(repository, file)) {
          hash.update(chunk);
          loaded += chunk.length;
          await report();
          yield chunk;
        }
      };
      await blobs.artifacts.put(blobKeys.encoderFile(name, file.path), bytes(), { contentType: BINARY });
      files.push({ file: file.path, size: file.size, sha256: hash.digest('hex') });
      await changeLoading(table, name, { files, loaded_bytes: loaded, total_bytes }, isoTime(now()));
    }
    await changeLoading(table, name, { status: 'loaded', files, loaded_bytes: loaded, total_bytes }, isoTime(now()));
    logger.info('encoder loaded', { encoder: name, repository, bytes: loaded });
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    logger.warn('encoder not loaded', { encoder: name, repository, reason: error.message });
    await changeLoading(table, name, { status: 'failed', failure: error.message }, isoTime(now()));
  }
}

const BINARY = 'application/octet-stream';

/** The files that an encoder consists of. Throws `HubError` if there is no configuration, or there are no weights. */
function wantedOf(all: readonly HubFile[], repository: string): HubFile[] {
  const named = (name: string) => all.find(({ path }) => path === name);
  const weights = WEIGHT_FILES.map(named).find((file) => file !== undefined);
  const config = named('config.json');
  if (!config || !weights) {
    throw new HubError(
      `${repository} must have config.json and one of ${WEIGHT_FILES.join(', ')}; the hub has no such files of it`,
    );
  }
  const wanted = [...NEEDED_FILES.map(named).filter((file) => file !== undefined), weights];
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= MOST_ENCODER_BYTES) return wanted;
  throw new HubError(`${repository} must have at most ${MOST_ENCODER_BYTES} bytes; the hub has ${bytes}`);
}
