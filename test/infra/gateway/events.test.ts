import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LimitedHost, limitedHost } from './limited-host.ts';

let limited: LimitedHost;
beforeAll(async () => {
  limited = await limitedHost();
});
afterAll(() => limited.close());

test('a stream of events ends when the host closes, which does not wait for it', async () => {
  const user = await limited.user();
  const dataset = await user.uploadPenguins();
  const job = await user.train(dataset.id, { epochs: 10_000, batch_size: 8, hidden_layers: [64, 64] });
  const response = await fetch(`${limited.base}/training/events/${job}`, {
    headers: { authorization: `Bearer ${user.client.token}` },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body!.getReader();
  await reader.read();
  const rest = (async () => {
    while (!(await reader.read()).done);
  })();
  // Cut off, which an EventSource answers by connecting again; its job goes on.
  await Promise.all([limited.host.close(), expect(rest).rejects.toThrow()]);
});
