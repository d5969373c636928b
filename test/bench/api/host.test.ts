import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeCaller } from '../../../bench/api/host/caller.ts';
import { HERE, startHostOf } from '../../../bench/api/host/host.ts';
import { startLoad } from '../../../bench/api/load/load.ts';
import { type Ours, openOurs } from '../../../bench/api/ours.ts';
import { mix, status } from '../../../bench/api/requests.ts';

const MODELS = 12;

describe('a host that is measured', () => {
  let host: Ours;

  beforeAll(async () => {
    host = await openOurs({ checkout: HERE, models: MODELS });
  }, 120_000);
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
  });

  test('has as many models as were asked for, the one that was trained first and the others older', async () => {
    const call = makeCaller(host.base, host.account.token);
    const { total, models } = (await call('/models?limit=100')) as unknown as { total: number; models: Listed[] };
    expect(total).toBe(MODELS);
    expect(models[0]!.id).toBe(host.account.modelId);
    expect(new Set(models.map(({ id }) => id)).size).toBe(MODELS);
    expect(new Set(models.map(({ created_at }) => created_at)).size).toBe(MODELS);
    expect(new Set(models.map(({ name, size_mb }) => `${name} ${size_mb}`)).size).toBe(1);
  });

  test('answers every kind of the mix', async () => {
    await using load = startLoad();
    const kinds = mix(host.account).map((kind) => ({ ...kind, weight: 1 }));
    const found = await load.run({ base: host.base, clients: 2, kinds, seconds: 60, requests: 40, seed: 1 });
    for (const { latencies, errors } of Object.values(found.kinds)) {
      expect(errors).toEqual({});
      expect(latencies.length).toBeGreaterThan(0);
    }
  }, 120_000);

  test('refuses nobody for asking often, with a token or without', async () => {
    await using load = startLoad();
    const known = { ...status(host.account), weight: 90 };
    const { token: _, ...unknown } = { ...known, name: 'unknown', weight: 10 };
    const order = { base: host.base, clients: 16, seconds: 60, seed: 1 };
    const found = await load.run({ ...order, kinds: [known, unknown], requests: 1300 });
    expect(found.kinds.status!.latencies.length).toBeGreaterThan(1000);
    expect(found.kinds.status!.errors).toEqual({});
    expect(found.kinds.unknown!.errors[401]).toBeGreaterThan(100);
    expect(Object.keys(found.kinds.unknown!.errors)).toEqual(['401']);
  }, 120_000);

  test('says what its objects hold', async () => {
    expect(await host.heapMiB()).toBeGreaterThan(1);
  });
});

test('a host that does not start says why', async () => {
  const log = join(tmpdir(), `trainyard-${randomUUID()}.log`);
  try {
    const starting = startHostOf({ checkout: tmpdir(), dataDir: '', log });
    await expect(starting).rejects.toThrow(/the host of .* ended with 1:.*Cannot find module/s);
  } finally {
    rmSync(log, { force: true });
  }
});

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly size_mb: number;
}
