import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { timeOfId } from '#domain/ids.ts';
import { getModel } from '#domain/models/read.ts';
import { logFilesOf } from '#domain/prediction-log/files.ts';
import { uuidOf } from '#domain/prediction-log/ids.ts';
import { fileNameOf, type LogFile } from '#domain/prediction-log/record.ts';
import { isoTime } from '#domain/times.ts';
import { route } from '#functions/http/route.ts';
import { id, time } from '../fields.ts';
import { modelPath } from '../models/fields.ts';
import { periodAnswer, periodOf, periodQuery, showPeriod } from './fields.ts';

/** Of one answer. */
const MOST_FILES = 1000;
const URL_SECONDS = 900;
/** A file is recorded before it is written: one that is newer than this may not be there yet. */
const WRITING_MS = 60_000;

const answer = z
  .strictObject({
    ...periodAnswer,
    files: z.array(
      z.strictObject({
        file_id: id,
        first_at: time.meta({ description: 'Of its first prediction' }),
        last_at: time.meta({ description: 'Of its last prediction' }),
        rows: z.int().meta({ example: 340 }),
        bytes: z.int().meta({ description: 'Compressed', example: 9120 }),
        url: z.string().meta({ description: `From which it can be downloaded for ${URL_SECONDS / 60} minutes` }),
      }),
    ),
    complete: z.boolean().meta({ description: `Whether these are all; at most ${MOST_FILES}` }),
  })
  .meta({ id: 'PredictionLog' });

export const logFiles = route({
  method: 'GET',
  path: '/models/{model_id}/predictions',
  summary: 'List the files of the log of a model’s predictions',
  description:
    'An addition. Each is JSON Lines, packed with gzip, with a line for each row: `prediction_id`, `row`, `at`, `input` and `output`.',
  tags: ['Monitoring'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: periodQuery },
  responses: { 200: { description: 'The files, oldest first', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: { id: modelId, account_id }, query }, { adapters }) {
    const period = periodOf(query, adapters.now());
    const found: LogFile[] = [];
    const keyOf = ({ day, id }: LogFile) => blobKeys.logFile(account_id, modelId, day, id);
    for await (const file of logFilesOf(adapters.table, account_id, modelId, period)) {
      const isNew = timeOfId(file.id) > adapters.now() - WRITING_MS;
      if (isNew && !(await adapters.blobs.artifacts.head(keyOf(file)))) continue;
      found.push(file);
      if (found.length > MOST_FILES) break;
    }
    const files = await Promise.all(
      found.slice(0, MOST_FILES).map(async (of) => ({
        file_id: of.id,
        first_at: timeOf(of.first),
        last_at: timeOf(of.last),
        rows: of.rows,
        bytes: of.bytes,
        url: await adapters.blobs.artifacts.presignGet(keyOf(of), {
          expiresInSeconds: URL_SECONDS,
          filename: fileNameOf(of),
          contentType: 'application/gzip',
        }),
      })),
    );
    const complete = found.length <= MOST_FILES;
    return { status: 200, body: { model_id: modelId, ...showPeriod(period), files, complete } };
  },
});

const timeOf = (predictionId: string): string => isoTime(timeOfId(uuidOf(predictionId)));
