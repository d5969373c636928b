import { z } from 'zod';
import type { Table } from '#domain/ports/table/port.ts';
import { route } from '#functions/http/route.ts';
import { pageOf, paging, totalModels } from '../fields.ts';
import { bestVersion, entriesBy, showEntry, versionEntry, versionsOf } from '../versions.ts';
import { trainedNames } from './names.ts';

const byName = z.record(z.string(), versionEntry);

/** Of the models that have versions, one page. */
async function pageOfVersions(
  table: Table,
  accountId: string,
  query: { readonly page: number; readonly limit: number },
) {
  const names = await trainedNames(table, accountId);
  const all = await Promise.all(names.map((name) => versionsOf(table, accountId, name)));
  const trained = all.filter(({ versions }) => versions.length > 0);
  return { total: trained.length, shown: pageOf(trained, query) };
}

const answer = z
  .strictObject({
    latest_models: byName,
    best_models: byName,
    versions: z.record(z.string(), z.array(versionEntry)),
    total_models: totalModels,
  })
  .meta({ id: 'ModelRegistry' });

export const registry = route({
  method: 'GET',
  path: '/models/registry',
  summary: 'Get the latest, the best, and all versions of each model',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'The registry', schema: answer } },
  async handler({ caller: { accountId }, query }, { adapters: { table } }) {
    const { total, shown } = await pageOfVersions(table, accountId, query);
    return {
      status: 200,
      body: {
        latest_models: await entriesBy(shown, ({ versions }) => versions[0]),
        best_models: await entriesBy(shown, (of) => bestVersion(table, accountId, of)),
        versions: Object.fromEntries(shown.map((of) => [of.name, of.versions.map((one) => showEntry(of, one))])),
        total_models: total,
      },
    };
  },
});

const latestAnswer = z.strictObject({ latest_models: byName, total_models: totalModels }).meta({ id: 'LatestModels' });

export const latest = route({
  method: 'GET',
  path: '/models/latest',
  summary: 'Get the latest version of each model',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'By model', schema: latestAnswer } },
  async handler({ caller: { accountId }, query }, { adapters: { table } }) {
    const { total, shown } = await pageOfVersions(table, accountId, query);
    const latest_models = await entriesBy(shown, ({ versions }) => versions[0]);
    return { status: 200, body: { latest_models, total_models: total } };
  },
});

const bestAnswer = z.strictObject({ best_models: byName, total_models: totalModels }).meta({ id: 'BestModels' });

export const best = route({
  method: 'GET',
  path: '/models/best',
  summary: 'Get the best version of each model',
  description:
    "By the `metric_for_best_model` of the latest version's training. Scores of versions that were judged by other rows compare only so far.",
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'By model', schema: bestAnswer } },
  async handler({ caller: { accountId }, query }, { adapters: { table } }) {
    const { total, shown } = await pageOfVersions(table, accountId, query);
    const best_models = await entriesBy(shown, (of) => bestVersion(table, accountId, of));
    return { status: 200, body: { best_models, total_models: total } };
  },
});
