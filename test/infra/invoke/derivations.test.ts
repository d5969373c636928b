import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { User } from '#test/e2e/user.ts';
import { type LimitedHost, limitedHost } from '../gateway/limited-host.ts';

let served: LimitedHost;
beforeAll(async () => {
  served = await limitedHost();
});
afterAll(() => served.close());

async function ask(user: User, path: string, json: object): Promise<{ status: number; retryAfter: string | null }> {
  const response = await fetch(`${served.host.bases.manager}/api/model-manager${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

test('whoever has many expensive keys derived holds up nobody else, and is told to come back', async () => {
  const [greedy, other] = [await served.user(), await served.user()];
  const custom_key_derivation = { algorithm: 'Argon2', memory_cost: 262_144, time_cost: 10, parallelism: 1 };
  await ask(greedy, '/create', { manager_id: 'm', config: { custom_key_derivation } });
  await ask(other, '/create', { manager_id: 'm', config: { use_scrypt: false, key_iterations: 100_000 } });
  const kept = { model_name: 'kept', password: 'a password' };
  expect(await ask(other, '/m/models/save', { ...kept, model_data: 'AAAA' })).toMatchObject({ status: 201 });

  let ended = 0;
  const many = Array.from({ length: 30 }, async (_, n) => {
    const answer = await ask(greedy, '/m/models/save', { model_name: `m${n}`, model_data: 'AAAA', password: 'p' });
    if (answer.status === 201) ended += 1;
    return answer;
  });
  // Those that are cut off when the host closes.
  for (const one of many) one.catch(() => {});
  // As soon as one is refused, others are running and wait.
  const refused = await Promise.any(
    many.map(async (one) => ((await one).status === 429 ? one : Promise.reject(new Error('not refused')))),
  );
  expect(Number(refused.retryAfter)).toBeGreaterThan(0);
  expect(await ask(other, '/m/models/load', kept)).toMatchObject({ status: 200 });
  expect(ended).toBe(0);
});
