import { DamagedFileError, NotFoundError } from '#domain/errors.ts';
import { aliasesOf } from '#domain/models/aliases.ts';
import type { Model } from '#domain/models/record.ts';
import type { Services } from '#functions/http/route.ts';
import { kindNamed } from '#learning/kinds.ts';
import { SERVING_FILE, type Serving } from '#learning/serving/description.ts';
import { readServing } from '#learning/serving/stored.ts';
import { takesText } from '#learning/text/description.ts';
import { showDetail } from './fields.ts';

/** A model as `GET /models/{model_id}` shows it. */
export async function detailOf(services: Pick<Services, 'adapters' | 'logger'>, of: Model) {
  const [aliases, serving] = await Promise.all([aliasesOf(services.adapters.table, of), servingOf(services, of)]);
  return showDetail(of, aliases, serving);
}

/** A model of a table whose columns are pixels takes them by name in rows, and in its file as one input. */
function withPixels(serving: Serving): Serving {
  const kind = kindNamed(serving.kind);
  const columns = serving.features.length > 0 ? undefined : kind.columns(serving);
  if (!columns) return serving;
  const [tensor, ...others] = kind.tensorInputs(serving).tensors;
  const input = others.length === 0 ? tensor?.name : undefined;
  return { ...serving, features: columns.map((column) => ({ ...column, ...(input === undefined ? {} : { input }) })) };
}

/** The record is shown also where the file is damaged, or was deleted a moment ago. */
async function servingOf({ adapters, logger }: Pick<Services, 'adapters' | 'logger'>, of: Model) {
  if (!takesText(of) && !of.artifacts.some(({ file }) => file === SERVING_FILE)) return undefined;
  try {
    return withPixels(await readServing(adapters.blobs.artifacts, of));
  } catch (error) {
    if (!(error instanceof DamagedFileError || error instanceof NotFoundError)) throw error;
    logger.error('inputs of a model cannot be read', { model_id: of.id, error });
    return undefined;
  }
}
