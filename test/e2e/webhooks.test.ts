/** A receiver that is down while the host is stopped and started again. */
import { afterAll, expect, test } from '@jest/globals';
import { Receiver } from '../functions/events/webhooks/receiver.ts';
import { startHostProcess } from './running-host.ts';
import { useHost } from './use-host.ts';
import { User } from './user.ts';

const world = useHost();
const receiver = new Receiver();
afterAll(() => receiver.stop());

test('an event whose receiver was down is delivered after the host was killed and started again', async () => {
  const user = await User.register(world);
  await receiver.start();
  const { id } = await user.client.post<{ id: string }>('/webhooks', { url: receiver.url, events: ['dataset.*'] });
  await receiver.stop();
  const dataset = await user.uploadPenguins();
  const tried = await user.until(
    async () =>
      (await user.client.get<{ deliveries: { id: string; attempt: number }[] }>(`/webhooks/${id}/deliveries`))
        .deliveries,
    ([first]) => first?.attempt === 1,
  );
  await world.host.stop('SIGKILL');
  await receiver.start();
  world.host = await startHostProcess(world.data);
  await user.until(
    async () => receiver.received,
    ({ length }) => length > 0,
  );
  expect(receiver.each('webhook-id')).toEqual([tried[0]!.id]);
  expect(JSON.parse(receiver.received[0]!.body)).toMatchObject({
    type: 'dataset.processed',
    data: { dataset_id: dataset.id },
  });
}, 60_000);
