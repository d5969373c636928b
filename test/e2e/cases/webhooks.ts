import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import { Receiver } from '../../functions/events/webhooks/receiver.ts';
import { NOWHERE } from '../nowhere.ts';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Created {
  readonly id: string;
  readonly secret: string;
}

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly status: string;
  readonly attempt: number;
  readonly payload: { readonly data: Readonly<Record<string, unknown>> };
  readonly attempts: readonly {
    readonly error: string | null;
    readonly response: { readonly status: number } | null;
  }[];
}

const deliveriesOf = async (user: User, id: string): Promise<readonly Delivery[]> =>
  (await user.client.get<{ deliveries: Delivery[] }>(`/webhooks/${id}/deliveries?limit=100`)).deliveries;

/** Waits until there is such a delivery. */
async function delivered(user: User, id: string, is: (of: Delivery) => boolean): Promise<Delivery> {
  const found = await user.until(
    async () => (await deliveriesOf(user, id)).find(is),
    (one) => one !== undefined,
  );
  return found!;
}

export function webhooks(world: World): void {
  describe('a webhook', () => {
    if (world.webhooksToLoopback) deliveredHere(world);

    test('is not delivered to this network, nor where a name leads nowhere, and its log says so', async () => {
      const user = await User.register(world);
      for (const url of [
        'https://169.254.169.254/',
        'https://10.0.0.1/',
        'https://[::ffff:127.0.0.1]/',
        'ftp://a.example/',
      ]) {
        await expect(user.client.post('/webhooks', { url, events: ['*'] })).rejects.toThrow('answered 400');
      }
      const { id } = await user.client.post<Created>('/webhooks', { url: NOWHERE, events: ['dataset.*'] });
      const path = `/webhooks/${id}`;
      const { delivery_id } = await user.client.post<{ delivery_id: string }>(`${path}/test`);
      const failed = (attempt: number) => (of: Delivery) =>
        of.id === delivery_id && of.status === 'failed' && of.attempt === attempt;
      const { attempts } = await delivered(user, id, failed(1));
      expect(attempts).toMatchObject([{ error: expect.stringContaining('cannot be resolved'), response: null }]);
      await user.client.post(`${path}/deliveries/${delivery_id}/redeliver`);
      await delivered(user, id, failed(2));

      // Longer than what an upload looks into.
      const rows = Array.from({ length: 40_000 }, (_, i) => `${i},x\n`);
      expect((await user.upload(`a,label\n${rows.join('')}`)).status).toBe('failed');
      const { payload } = await delivered(
        user,
        id,
        ({ event, attempt }) => event === 'dataset.failed' && attempt === 1,
      );
      expect(payload).toMatchObject({ type: 'dataset.failed', data: { status: 'failed' } });
      expect(await user.client.get('/webhooks')).toMatchObject({ total: 1, webhooks: [{ id, state: 'active' }] });
      await user.client.delete(path);
      await expect(user.client.get(path)).rejects.toThrow('404');
    });
  });
}

/** On one machine, with a real receiver. */
function deliveredHere(world: World): void {
  const receiver = new Receiver();
  beforeAll(() => receiver.start());
  afterAll(() => receiver.stop());

  test('gets the signed events of a training, in the order of their sequence, and again on request', async () => {
    const user = await User.register(world);
    const created = await user.client.post<Created>('/webhooks', {
      url: receiver.url,
      events: ['training.*', 'model.created'],
    });
    const path = `/webhooks/${created.id}`;
    await user.client.post(`${path}/test`);
    const { id } = await user.uploadPenguins();
    const began = new Date().toISOString();
    const job = await user.train(id, { epochs: 20 });
    const isCompleted = ({ event, status }: Delivery) => event === 'training.completed' && status === 'delivered';
    const completed = await delivered(user, created.id, isCompleted);

    const verifier = new Verifier(created.secret);
    await user.until(
      async () => (await deliveriesOf(user, created.id)).every(({ status }) => status === 'delivered'),
      (all) => all,
    );
    const bodies = receiver.received.map(({ body, headers }) => {
      expect(verifier.verify(body, headers as Record<string, string>)).toBeDefined();
      return JSON.parse(body);
    });
    const ofJob = bodies.filter(({ type }) => type.startsWith('training.'));
    const ordered = ofJob.sort((a, b) => a.data.sequence - b.data.sequence);
    expect(ordered.map(({ event, data }) => [event, data.job_id, data.progress])).toEqual([
      ['training.started', job, undefined],
      ...[10, 20, 30, 40, 50, 60, 70, 80, 90].map((percent) => ['training.progress', job, percent]),
      ['training.completed', job, undefined],
    ]);
    const { model_id } = await user.results(job);
    expect(ordered.at(-1)).toMatchObject({ data: { model_id, accuracy: expect.any(Number), event_id: completed.id } });
    expect(bodies.map(({ type }) => type)).toEqual(expect.arrayContaining(['webhook.test', 'model.created']));

    const times = () => receiver.received.filter(({ headers }) => headers['webhook-id'] === completed.id).length;
    const again = (attempt: number) => (of: Delivery) =>
      of.id === completed.id && of.status === 'delivered' && of.attempt === attempt;
    await user.client.post(`${path}/deliveries/${completed.id}/redeliver`);
    await delivered(user, created.id, again(2));
    expect(times()).toBe(2);
    await user.client.post(`${path}/replay`, { from: began });
    const { attempts } = await delivered(user, created.id, again(3));
    expect(attempts.map(({ response }) => response?.status)).toEqual([200, 200, 200]);
    expect(times()).toBe(3);
  });
}
