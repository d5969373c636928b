/** The versions of a model, as the service's answers show them. */
import { z } from 'zod';
import type { VersionItem } from '#domain/models/lookups.ts';
import { listVersions } from '#domain/models/names.ts';
import { findModel } from '#domain/models/read.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { greaterIsBetter, METRICS_FOR_BEST } from '#zoo/text-hyperparameters.ts';
import { modelName, registeredName, time, version } from './fields.ts';

export const versionFacts = {
  version,
  run_id: z.string().meta({ description: 'The job that trained it' }),
  f1_score: z.number().nullable().meta({ description: 'The mean over the classes', example: 0.95 }),
  accuracy: z.number().nullable().meta({ example: 0.94 }),
  timestamp: time,
  mlflow_uri: z.string().meta({ example: 'models:/security_compact-text/v1.0.0' }),
  model_id: z.uuid().meta({ description: 'An addition: the model of the platform' }),
};

export const versionEntry = z.strictObject({ model_name: modelName, ...versionFacts }).meta({ id: 'Version' });
export type VersionEntry = z.input<typeof versionEntry>;

/** Of a name; the highest first. */
export interface NamedVersions {
  readonly name: string;
  readonly versions: readonly VersionItem[];
}

const AT_ONCE = 100;

export async function versionsOf(table: Table, accountId: string, name: string): Promise<NamedVersions> {
  const versions: VersionItem[] = [];
  let cursor: string | undefined;
  do {
    const page = await listVersions(table, accountId, registeredName(name), { limit: AT_ONCE, cursor });
    // Somebody may have given a model of another type this name.
    versions.push(...page.versions.filter(({ model_type }) => model_type === name));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { name, versions };
}

/** What each metric is called among a model's. */
const METRIC_NAMES: Readonly<Record<(typeof METRICS_FOR_BEST)[number], string>> = {
  f1: 'f1_score',
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  loss: 'val_loss',
};

const choice = z.object({
  metric_for_best_model: z.enum(METRICS_FOR_BEST).catch('f1'),
  greater_is_better: z.boolean().optional(),
});

/** The best by the metric that the latest version's training named. Of equally good ones the latest. */
export async function bestVersion(
  table: Table,
  accountId: string,
  { versions }: NamedVersions,
): Promise<VersionItem | undefined> {
  const [latest] = versions;
  if (!latest || versions.length === 1) return latest;
  const model = await findModel(table, accountId, latest.model_id);
  const by = choice.parse(model?.hyperparameters ?? {});
  const sign = greaterIsBetter(by) ? 1 : -1;
  const worthOf = ({ metrics }: VersionItem) =>
    sign * (metrics[METRIC_NAMES[by.metric_for_best_model]] ?? Number.NEGATIVE_INFINITY * sign);
  return versions.reduce((best, one) => (worthOf(one) > worthOf(best) ? one : best), latest);
}

export const spelled = (of: Pick<VersionItem, 'version'>): string => `v${of.version}`;

const uri = (name: string, of: string): string => `models:/${registeredName(name)}/${of}`;

const factsOf = (name: string, of: VersionItem) => ({
  version: spelled(of),
  run_id: of.job_id ?? of.model_id,
  f1_score: of.metrics.f1_score ?? null,
  accuracy: of.metrics.accuracy ?? null,
  timestamp: of.created_at,
  mlflow_uri: uri(name, spelled(of)),
  model_id: of.model_id,
});

/** As one of the versions of a name. */
export const showVersion = (name: string, of: VersionItem) => factsOf(name, of);

/** As an entry of the registry, whose address is `latest` for the latest version. */
export const showEntry = ({ name, versions }: NamedVersions, of: VersionItem): VersionEntry => ({
  model_name: name,
  ...factsOf(name, of),
  mlflow_uri: uri(name, of === versions[0] ? 'latest' : spelled(of)),
});

/** Of each name one entry. */
export async function entriesBy(
  all: readonly NamedVersions[],
  choose: (of: NamedVersions) => Promise<VersionItem | undefined> | VersionItem | undefined,
): Promise<Record<string, VersionEntry>> {
  const entries = await Promise.all(
    all.map(async (of) => {
      const chosen = await choose(of);
      return chosen ? [[of.name, showEntry(of, chosen)] as const] : [];
    }),
  );
  return Object.fromEntries(entries.flat());
}
