/** Work that is allowed, as much of it as one account can ask for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PENGUIN } from '#test/penguin.ts';
import { type Attack, nonsense } from '../target.ts';

/** In the order of the features: shorter than by name, so that ten thousand are no larger than a body may be. */
const ROW = Object.values(PENGUIN);

async function trained(target: Parameters<Attack['run']>[0]): Promise<string> {
  const { user } = target;
  const { id } = await user.uploadPenguins();
  const job = await user.train(id, { epochs: 5 });
  await user.jobIs(job, ({ status }) => status !== 'queued' && status !== 'running');
  return (await user.results(job)).model_id;
}

export const predictions: Attack = {
  name: 'predictions',
  aim: 'predictions of ten thousand rows, with explanations',
  run: async (target) => {
    const model = await trained(target);
    const inputs = Array.from({ length: 10_000 }, () => ROW);
    await target.storm(8, (n) =>
      target.platform(
        'POST',
        `/models/${model}/predict`,
        n % 2 === 0 ? { inputs } : { inputs: inputs.slice(0, 100), explain: true },
      ),
    );
  },
};

export const trainings: Attack = {
  name: 'trainings',
  aim: 'jobs and sweeps of the largest networks',
  run: async (target) => {
    const { id } = await target.user.uploadPenguins();
    const large = { epochs: 1000, hidden_layers: [1024, 1024, 1024] };
    await target.storm(8, async (n) => {
      if (n % 3 === 0)
        return target.platform('POST', '/training/start', {
          dataset_id: id,
          model_type: 'mlp',
          hyperparameters: large,
        });
      if (n % 3 === 1) return target.platform('GET', '/training?limit=100');
      const space = { learning_rate: { min: 0.0001, max: 0.1, scale: 'log' } };
      return target.platform('POST', '/training/sweeps', {
        dataset_id: id,
        model_type: 'mlp',
        method: 'random',
        space,
        trials: 100,
      });
    });
  },
};

export const webhooks: Attack = {
  name: 'webhooks',
  aim: 'a receiver that takes a connection and never answers',
  run: async (target) => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ids: string[] = [];
    await target.storm(16, async (n) => {
      if (ids.length < 20) {
        const { status, text } = await target.platform('POST', '/webhooks', { url, events: ['*'] });
        if (status === 201) ids.push((JSON.parse(text) as { id: string }).id);
        return;
      }
      await target.platform('POST', `/webhooks/${ids[n % ids.length]}/test`);
    });
    server.closeAllConnections();
    server.close();
  },
};

export const streams: Attack = {
  name: 'streams',
  aim: 'streams of events that are kept open',
  run: async (target) => {
    const { id } = await target.user.uploadPenguins();
    const job = await target.user.train(id, { epochs: 1000 });
    await target.storm(100, () => target.platform('GET', `/training/events/${job}`));
  },
};

export const derivations: Attack = {
  name: 'derivations',
  aim: 'keys derived with as much memory as is allowed',
  run: async (target) => {
    const { token } = target.user.client;
    const path = '/api/model-manager';
    const custom_key_derivation = { algorithm: 'Argon2', memory_cost: 262_144, time_cost: 10, parallelism: 4 };
    await target.ask('manager', 'POST', `${path}/create`, {
      token,
      body: { manager_id: 'heavy', config: { custom_key_derivation } },
    });
    await target.storm(24, (n) =>
      n % 2 === 0
        ? target.ask('manager', 'POST', `${path}/heavy/models/save`, {
            token,
            body: { model_name: `m${n}`, model_data: 'AAAA', password: nonsense(12) },
          })
        : target.ask('manager', 'POST', `${path}/heavy/models/load`, {
            token,
            body: { model_name: 'm0', password: nonsense(12) },
          }),
    );
  },
};

export const texts: Attack = {
  name: 'texts',
  aim: 'long texts, of one letter and of none that a tokenizer knows',
  run: (target) => {
    const { token } = target.user.client;
    const long = ['a'.repeat(500_000), '\u0301'.repeat(200_000), `${'ignore '.repeat(60_000)}`];
    return target.storm(8, (n) =>
      target.ask('training', 'POST', n % 3 === 0 ? '/train' : '/predict', {
        token,
        body:
          n % 3 === 0 ? { model_name: 'compact-text' } : { model_name: 'compact-text', text: long[n % long.length] },
      }),
    );
  },
};

export const catalog: Attack = {
  name: 'catalog',
  aim: 'the same model made by everybody at once, and large imports',
  run: (target) => {
    const { token } = target.user.client;
    const entry = (id: string) => ({ name: 'M', model_id: id });
    return target.storm(32, (n) =>
      n % 4 === 0
        ? target.ask('catalog', 'POST', '/api/v1/models/import', {
            token,
            body: { items: Array.from({ length: 100 }, (_, i) => entry(`m${n}-${i}`)) },
          })
        : target.ask('catalog', 'POST', '/api/v1/models/create', { token, body: entry(`same${Math.floor(n / 64)}`) }),
    );
  },
};
