/** A body is parsed only of a caller who is known and does not call too often: every surface but the platform. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { type Call, openPlatform, type Platform } from './platform/harness.ts';
import { everyRoute } from './surfaces.ts';

/** The platform has several functions: `platform/order.test.ts`. */
const asking = everyRoute.filter(
  ({ surface, route }) =>
    surface !== 'platform' &&
    route.request.body !== undefined &&
    (route.authentication === 'account' || route.authentication === 'operator'),
);

let open: Platform;
/** Where an address has made its only request. */
let closed: Platform;
beforeAll(async () => {
  open = await openPlatform({ rates: { anonymousPerHour: 1e9 } });
  closed = await openPlatform({ rates: { anonymousPerHour: 1 } });
  await closed.call({ path: '/nothing' });
});
afterAll(() => Promise.all([open.close(), closed.close()]));
afterEach(() => {
  jest.restoreAllMocks();
});

const callOf = ({ surface, route }: (typeof everyRoute)[number]): Call => ({
  surface,
  method: route.method,
  path: route.path.replace(/\{\w+\}/g, 'x'),
  raw: '{"a": [1,',
  headers: { 'content-type': route.request.body!.accepts[0]! },
});

test.each(asking)('$title asks who calls, and how often, before it looks at the body', async (of) => {
  const parse = jest.spyOn(of.route.request.body!, 'parse');
  const call = callOf(of);
  expect((await open.call(call)).status).toBe(401);
  expect((await open.call({ ...call, token: 'a.b.c' })).status).toBe(401);
  expect((await closed.call(call)).status).toBe(429);
  expect(parse).not.toHaveBeenCalled();
});
