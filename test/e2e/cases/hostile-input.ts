import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

const PENGUIN = ['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007];
/** Just below the most that a JSON body may have. */
const BODY_BYTES = 1_000_000;

const full = (item: string): string =>
  Array(Math.floor(BODY_BYTES / (item.length + 1)))
    .fill(item)
    .join(',');

export function hostileInput(world: World): void {
  describe('a megabyte of what is wrong', () => {
    let user: User;
    let model: string;
    beforeAll(async () => {
      user = await User.register(world);
      const { id } = await user.uploadPenguins();
      const job = await user.train(id, { epochs: 2 });
      await user.jobIs(job, ({ status }) => status === 'completed');
      model = (await user.results(job)).model_id;
    });

    const post = (path: string, body: string) =>
      fetch(`${world.base}${path}`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${user.client.token}`, 'content-type': 'application/json' },
      });
    const predict = (body: string, id = model) => post(`/models/${id}/predict`, body);

    test.each([
      ['cells of one row', () => predict(`{"inputs":[[${full('{"a":[]}')}]]}`)],
      ['cells of many rows', () => predict(`{"inputs":[${full(`[${Array(50).fill('{}')}]`)}]}`)],
      ['rows by name', () => predict(`{"inputs":[${Array(10_000).fill('{}')}]}`)],
      ['rows of another width', () => predict(`{"inputs":[${Array(10_000).fill('[1]')}]}`)],
      ['fields', () => post('/auth/login', `{${Array.from({ length: 50_000 }, (_, i) => `"field${i}":1`)}}`)],
    ])('is refused with twenty details: %s', async (_, send) => {
      const response = await send();
      const text = await response.text();
      expect(response.status).toBe(400);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
      const { error, message, details } = JSON.parse(text);
      expect(error).toBe('validation_error');
      expect(message).toContain('checking stopped after 20 details');
      expect(details).toHaveLength(20);
    });

    test('keeps nobody else from their predictions', async () => {
      const good = JSON.stringify({ inputs: [PENGUIN, PENGUIN] });
      const bad = `{"inputs":[[${full('[]')}]]}`;
      const answers = await Promise.all([bad, good, bad, good, bad, good].map((body) => predict(body)));
      expect(answers.map(({ status }) => status)).toEqual([400, 200, 400, 200, 400, 200]);
      for (const answer of answers.filter(({ ok }) => ok)) {
        expect(((await answer.json()) as { predictions: unknown[] }).predictions).toHaveLength(2);
      }
    });

    test('is not looked at for a model or an upload that is not there', async () => {
      const missing = [
        await predict('{"inputs": [', randomUUID()),
        await predict('{"inputs": [', 'no-identifier'),
        await post(`/datasets/uploads/${randomUUID()}/complete`, '{"parts": ['),
      ];
      expect(missing.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect((await predict('{"inputs": [')).status).toBe(400);
    });
  });
}
