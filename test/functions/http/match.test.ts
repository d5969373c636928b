import { describe, expect, test } from '@jest/globals';
import { makeMatcher } from '#functions/http/match.ts';
import { type Method, type Route, route } from '#functions/http/route.ts';

const at = (method: Method, path: string): Route =>
  route({
    method,
    path,
    summary: path,
    tags: [],
    authentication: 'none',
    cost: 'free',
    responses: { 204: { description: 'Nothing' } },
    handler: () => ({ status: 204 }),
  });

const match = makeMatcher([
  at('GET', '/'),
  at('GET', '/things/{id}'),
  at('GET', '/things/all'),
  at('DELETE', '/things/{id}'),
  at('POST', '/things/{id}/parts/{part}'),
]);

const found = (method: string, path: string) => {
  const result = match(method, path);
  return 'preflight' in result ? result : { path: result.route.path, parameters: result.parameters };
};

describe('a path', () => {
  test('finds its route, with precedence for one without parameters', () => {
    expect(found('GET', '/')).toEqual({ path: '/', parameters: {} });
    expect(found('GET', '/things/all')).toEqual({ path: '/things/all', parameters: {} });
    expect(found('GET', '/things/a%2Fb%20c')).toEqual({ path: '/things/{id}', parameters: { id: 'a/b c' } });
    expect(found('POST', '/things/1/parts/2')).toMatchObject({ parameters: { id: '1', part: '2' } });
    expect(found('HEAD', '/things/1')).toMatchObject({ path: '/things/{id}' });
  });

  test('may have the slash of an encoder’s name, encoded or, where a gateway decoded it, not', () => {
    const named = makeMatcher([at('GET', '/models/{model_name}'), at('GET', '/models/{model_name}/status')]);
    for (const [path, model_name] of [
      ['/models/org%2Fname/status', 'org/name'],
      ['/models/org/name/status', 'org/name'],
      ['/models/org/name', 'org/name'],
      ['/models/name/status', 'name'],
    ] as const) {
      expect(named('GET', path)).toMatchObject({ parameters: { model_name } });
    }
    expect(() => named('GET', '/models/a/b/c/status')).toThrow('Resource not found');
    expect(() => found('GET', '/things/a/b')).toThrow('Resource not found');
  });

  test('without a route is not found', () => {
    for (const path of ['', '/things', '/things/', '/things/1/', '/things//parts/2', '/things/%', '/Things/1', '//']) {
      expect(() => found('GET', path)).toThrow('Resource not found');
    }
  });

  test('with another method names the allowed ones', () => {
    expect(() => found('PUT', '/things/1')).toThrow('PUT is not allowed here; allowed: GET, DELETE, HEAD, OPTIONS');
    expect(() => found('constructor', '/')).toThrow('constructor is not allowed here; allowed: GET, HEAD, OPTIONS');
    expect(found('OPTIONS', '/things/1/parts/2')).toMatchObject({ preflight: true, allow: ['POST', 'OPTIONS'] });
  });

  test('is declared once for each method', () => {
    expect(() => makeMatcher([at('GET', '/a'), at('GET', '/a')])).toThrow('GET /a is declared twice');
  });
});
