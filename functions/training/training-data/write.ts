import { findDataset } from '#domain/datasets/read.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { contentOf } from '#domain/request-body.ts';
import { writeTrainingFile } from '#domain/training-data/change.ts';
import { findTrainingFile } from '#domain/training-data/read.ts';
import type { TrainingFile } from '#domain/training-data/record.ts';
import type { Services } from '#functions/http/route.ts';
import { profileTexts } from '#learning/text/profile.ts';
import { formatOf, SAMPLE_FILE } from './paths.ts';
import { sample } from './sample.ts';

type Content = Parameters<typeof writeTrainingFile>[2]['content'];

/**
 * Reads a file of texts to its end and stores it. Nothing is written where the same bytes are stored under this name.
 * Throws `ValidationError` naming the row.
 */
export async function storeTexts(
  { adapters, settings, logger }: Services,
  accountId: string,
  { name, content }: { readonly name: string; readonly content: Content },
): Promise<TrainingFile> {
  const format = formatOf(name, 'name');
  const profile = await profileTexts(content.read(), format);
  const before = await findTrainingFile(adapters.table, accountId, name);
  if (before?.sha256 === profile.sha256 && (await findDataset(adapters.table, accountId, before.dataset_id))) {
    return before;
  }
  await reserveBytes(adapters.table, accountId, content.size, settings.caps);
  const { file, event } = await writeTrainingFile(adapters, accountId, { name, content, format, profile });
  await publishEvent(adapters, event, (message, about) => logger.warn(message, about));
  return file;
}

export const storeSample = (services: Services, accountId: string): Promise<TrainingFile> =>
  storeTexts(services, accountId, { name: SAMPLE_FILE, content: contentOf(sample.bytes) });
