import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeHandler } from '#functions/training/predict.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { openPlatform, type Platform } from '../platform/harness.ts';

let platform: Platform;
let handler: HttpHandler;
let operator: string;
beforeAll(async () => {
  platform = await openPlatform();
  operator = (await platform.call({ path: '/auth/me', token: await platform.login() })).body.id;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  handler = makeHandler(permitted('training-predict', platform.store), { settings: platform.settings, logger });
});
afterAll(() => platform.close());

test.each([
  [{ text: '   ' }, /text must not be blank/],
  [{ texts: ['a', '\n\t'] }, /texts\[1\] must not be blank/],
])('a blank text is refused: %j', async (json, message) => {
  const call = { surface: 'training', method: 'POST', path: '/predict', operator } as const;
  const { status, body } = await platform.call({ ...call, json }, handler);
  expect([status, body.error]).toEqual([400, expect.stringMatching(message)]);
  // Another one is asked for a model, of which there is none.
  expect((await platform.call({ ...call, json: { text: 'a' } }, handler)).body.code).toBe('MODEL_NOT_FOUND');
});
