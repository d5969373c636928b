/** Clients that predict without a pause, while models are loaded, evicted, swapped, deleted and trained anew: no request fails. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FAST_ARGON2 } from '../functions/platform/harness.ts';
import { type LimitedHost, limitedHost } from '../infra/gateway/limited-host.ts';
import type { User } from './user.ts';

const CLIENTS = 16;
const SWAPS = 12;
const NAME = 'penguins';
const ALIAS = `/models/by-name/${NAME}/aliases/champion`;

let host: LimitedHost;
beforeAll(async () => {
  // Fewer than are asked for at once: each is evicted by the next.
  const settings = { argon2: FAST_ARGON2, loadedModels: 1, rates: { authenticatedPerHour: 1_000_000 } };
  host = await limitedHost({}, { settings });
});
afterAll(() => host.close());

const ROW = ['Biscoe', 47.5, 15.0, 218, 4950, 'female', 2009];
const INPUTS = ['island', 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex', 'year'].map(
  (name, i) => ({ name, shape: [1, 1], datatype: typeof ROW[i] === 'string' ? 'BYTES' : 'FP64', data: [ROW[i]] }),
);

async function train(user: User, dataset: string): Promise<string> {
  const job = await user.train(dataset, { epochs: 1 }, { name: NAME });
  expect(await user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed')).toMatchObject({
    status: 'completed',
  });
  return (await user.results(job)).model_id;
}

test('no request fails while models are swapped, evicted, deleted and trained anew', async () => {
  const user = await host.user();
  const { id: dataset } = await user.uploadPenguins();
  const [one, two] = await Promise.all([train(user, dataset), train(user, dataset)]);
  const headers = { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' };
  const champion = async (model_id: string) => {
    const moved = await fetch(host.base + ALIAS, { method: 'PUT', headers, body: JSON.stringify({ model_id }) });
    expect(moved.status).toBe(200);
  };

  const paths = [
    `/oip/v2/models/${NAME}/versions/champion/infer`,
    `/oip/v2/models/${NAME}/infer`,
    `/models/${one}/predict`,
  ];
  const answers = new Map<string, number>();
  const versions = new Set<string>();
  let isOver = false;
  const client = async (n: number) => {
    for (let i = n; !isOver; i++) {
      const path = paths[i % paths.length]!;
      const body = JSON.stringify(path.startsWith('/oip') ? { inputs: INPUTS } : { input: ROW });
      const response = await fetch(`${host.base}${path}`, { method: 'POST', headers, body });
      const text = await response.text();
      const what = response.ok ? path : `${path}: ${response.status} ${text}`;
      answers.set(what, (answers.get(what) ?? 0) + 1);
      if (response.ok && path.startsWith('/oip')) versions.add(JSON.parse(text).model_version);
    }
  };

  await champion(one);
  const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
  try {
    const anew = train(user, dataset);
    for (let swap = 0; swap < SWAPS; swap++) await champion([one, two][swap % 2]!);
    await champion(one);
    // Whoever asks for the latest gets the other one from now on, until there is a new one.
    await user.client.delete(`/models/${two}`);
    await champion(await anew);
    await champion(one);
    await user.client.delete(`/models/${await anew}`);
  } finally {
    isOver = true;
    await Promise.all(clients);
  }
  expect([...answers.keys()].sort()).toEqual([...paths].sort());
  expect(versions.size).toBe(3);
}, 60_000);
