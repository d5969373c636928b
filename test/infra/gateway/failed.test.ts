/** A function that fails, or does not answer in time, is answered for in the form of its surface. */
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { catalogError } from '#functions/http/errors/catalog.ts';
import { managerError } from '#functions/http/errors/manager.ts';
import { platformError } from '#functions/http/errors/platform.ts';
import { trainingError } from '#functions/http/errors/training.ts';
import { defaultLimits } from '#infra/embedded/gateway/limits.ts';
import { listen } from '#infra/embedded/gateway/listener.ts';
import { shareLimits } from '#infra/embedded/gateway/shared-limits.ts';
import type { Invoker } from '#infra/embedded/invoke/invoker.ts';
import { type SurfaceName, surfaces } from '#infra/topology.ts';

const NOW = Date.UTC(2026, 0, 1);
const FORMS: readonly [SurfaceName, string, { parse(body: unknown): unknown }][] = [
  ['platform', '/models', platformError],
  ['manager', '/api/model-manager/list', managerError],
  ['training', '/api/v1/training/jobs', trainingError],
  ['catalog', '/v1/models/list', catalogError],
];

test.each(FORMS)('of the surface %s', async (name, path, schema) => {
  const invoker = { invoke: () => Promise.reject(new Error('no answer within 29 s')) } as unknown as Invoker;
  const failed: unknown[] = [];
  const listener = await listen({
    ...{ name, surface: surfaces[name], host: '127.0.0.1', port: 0, invoker, spoolFolder: tmpdir() },
    ...{ limits: shareLimits(defaultLimits(1000)), trustedProxies: 0, now: () => NOW },
    authorize: () => undefined,
    withBaseUrl: (_, handle) => handle(),
    before: () => false,
    onError: (error) => failed.push(error),
  });
  try {
    const answer = await fetch(`http://127.0.0.1:${listener.port}${path}`);
    const body: unknown = await answer.json();
    expect([answer.status, answer.headers.get('retry-after'), failed.length]).toEqual([502, '1', 1]);
    schema.parse(body);
    expect(JSON.stringify(body)).toContain('Try again later');
  } finally {
    await listener.close();
  }
});
