/** Schedule: publishes that a model's inputs, or its answers, have drifted: of models that logged predictions since the last look. */
import { publishEvent } from '#domain/events/outbox.ts';
import { modelEvents } from '#domain/models/events.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { type DriftCheck, dueDriftChecks, endDriftCheck, isReported } from '#domain/prediction-log/drift-checks.ts';
import { isoTime } from '#domain/times.ts';
import type { Log } from '#functions/http/contract.ts';
import { PSI_THRESHOLDS } from '#learning/serving/drift.ts';
import { type LoggedDrift, loggedDrift } from '#learning/serving/logged-drift.ts';

type DriftContext = Pick<Adapters, 'table' | 'blobs' | 'events' | 'now'> & { readonly logger: Log };

/** In one call; the next one goes on. */
const MODELS_AT_ONCE = 10;
const LIMITS = { files: 40, rows: 20_000 };
/** The predictions that are looked at. */
const PERIOD_MS = 86_400_000;

export const makeHandler =
  (adapters: Omit<DriftContext, 'logger'>, { logger }: Pick<DriftContext, 'logger'>) =>
  (): Promise<void> =>
    checkDrift({ ...adapters, logger });

async function checkDrift(context: DriftContext): Promise<void> {
  const { table, now, logger } = context;
  for (const check of await dueDriftChecks(table, now(), MODELS_AT_ONCE)) {
    try {
      await compare(context, check);
    } catch (error) {
      // Of one model, such as a damaged file of it: the others are looked at all the same.
      logger.warn('drift not computed', { model_id: check.model_id, error: error as Error });
      await endDriftCheck(table, check, now());
    }
  }
}

async function compare(context: DriftContext, check: DriftCheck): Promise<void> {
  const { table, events, now, logger } = context;
  const to = now();
  const model = await findModel(table, check.account_id, check.model_id);
  const period = { from: to - PERIOD_MS, to };
  const found = model && (await loggedDrift(context, model, period, LIMITS));
  const [damaged] = found?.damaged ?? [];
  if (found && damaged) {
    const about = { model_id: check.model_id, count: found.damaged.length, id: damaged.id, day: damaged.day };
    logger.warn('damaged files of a log left out', about);
  }
  const [features, predictions] = [significant(found?.features), significant(found?.predictions)];
  const what = [...features.map(({ name }) => `feature ${name}`), ...predictions.map(({ name }) => name)];
  if (!model || !found || what.length === 0 || isReported(check, what, to)) {
    await endDriftCheck(table, check, to);
    return;
  }
  const event = eventOf(model, { features, predictions, rows: found.read, ...period });
  if (!(await endDriftCheck(table, check, to, { what, event }))) return;
  await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
}

interface Significant {
  readonly name: string;
  readonly psi: number;
}

interface Found extends Readonly<Record<'features' | 'predictions', readonly Significant[]>> {
  readonly rows: number;
  readonly from: number;
  readonly to: number;
}

const eventOf = (model: Model, { from, to, ...found }: Found) =>
  modelEvents.drift(
    model,
    { ...found, from: isoTime(from), to: isoTime(to), threshold: PSI_THRESHOLDS.significant },
    isoTime(to),
  );

/** An event has room for so many. */
const MOST_NAMED = 100;

/** The strongest first. */
const significant = (all: LoggedDrift['features' | 'predictions'] = []): Significant[] =>
  all
    .flatMap(({ name, status, psi }) => (status === 'significant' && psi !== null ? [{ name, psi }] : []))
    .toSorted((a, b) => b.psi - a.psi)
    .slice(0, MOST_NAMED);
