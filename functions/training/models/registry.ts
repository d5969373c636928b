import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { allVersions, bestVersion, entriesBy, showEntry, versionEntry } from '../versions.ts';

const byName = z.record(z.string(), versionEntry);

const answer = z
  .strictObject({
    latest_models: byName,
    best_models: byName,
    versions: z.record(z.string(), z.array(versionEntry)),
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
  responses: { 200: { description: 'The registry', schema: answer } },
  async handler({ caller: { accountId } }, { adapters: { table } }) {
    const all = await allVersions(table, accountId);
    return {
      status: 200,
      body: {
        latest_models: await entriesBy(all, ({ versions }) => versions[0]),
        best_models: await entriesBy(all, (of) => bestVersion(table, accountId, of)),
        versions: Object.fromEntries(all.map((of) => [of.name, of.versions.map((one) => showEntry(of, one))])),
      },
    };
  },
});

const latestAnswer = z.strictObject({ latest_models: byName }).meta({ id: 'LatestModels' });

export const latest = route({
  method: 'GET',
  path: '/models/latest',
  summary: 'Get the latest version of each model',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  responses: { 200: { description: 'By model', schema: latestAnswer } },
  async handler({ caller: { accountId } }, { adapters: { table } }) {
    const all = await allVersions(table, accountId);
    return { status: 200, body: { latest_models: await entriesBy(all, ({ versions }) => versions[0]) } };
  },
});

const bestAnswer = z.strictObject({ best_models: byName }).meta({ id: 'BestModels' });

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
  responses: { 200: { description: 'By model', schema: bestAnswer } },
  async handler({ caller: { accountId } }, { adapters: { table } }) {
    const all = await allVersions(table, accountId);
    return { status: 200, body: { best_models: await entriesBy(all, (of) => bestVersion(table, accountId, of)) } };
  },
});
