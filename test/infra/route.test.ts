import { describe, expect, test } from '@jest/globals';
import { makeRouter } from '#infra/embedded/gateway/route.ts';
import { surfaces } from '#infra/topology.ts';

describe('the gateway chooses as API Gateway does', () => {
  const route = makeRouter([
    { path: '/{proxy+}', function: 'platform-api' },
    { path: '/models/{id}/predict', function: 'platform-predict' },
    { path: '/models/{id}/{rest+}', function: 'platform-download' },
    { path: '/models/special/predict', function: 'sweep' },
  ]);

  test.each([
    ['/', 'platform-api', { proxy: '' }],
    ['/anything/at/all', 'platform-api', { proxy: 'anything/at/all' }],
    ['/models/7/predict', 'platform-predict', { id: '7' }],
    ['/models/special/predict', 'sweep', null],
    ['/models/7/predict/more', 'platform-download', { id: '7', rest: 'predict/more' }],
    ['/models//predict', 'platform-api', { proxy: 'models//predict' }],
    ['/models/7', 'platform-api', { proxy: 'models/7' }],
  ])('%s goes to %s', (path, name, parameters) => {
    const match = route(path);
    expect(match?.function).toBe(name);
    expect(match?.pathParameters).toEqual(parameters);
  });

  test('a path that matches no template has no function', () => {
    expect(makeRouter([{ path: '/only', function: 'sweep' }])('/other')).toBeUndefined();
  });

  test('every surface of the topology matches every path', () => {
    for (const surface of Object.values(surfaces)) {
      expect(makeRouter(surface.routes)('/no/such/path')).toBeDefined();
    }
  });
});
