import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPlatform, type Platform } from './harness.ts';

interface Node {
  readonly [name: string]: Node;
}

let platform: Platform;
let document: Node;
beforeAll(async () => {
  platform = await openPlatform();
  const answer = await platform.call({ path: '/openapi.json' });
  expect(answer.headers['Content-Type']).toBe('application/json');
  document = JSON.parse(answer.text);
});
afterAll(() => platform.close());

/** Paths and methods of the specification. */
const SPECIFIED = [
  'get /',
  'post /auth/register',
  'post /auth/login',
  'post /auth/refresh',
  'post /datasets/upload',
  'get /datasets',
  'get /datasets/{dataset_id}',
  'delete /datasets/{dataset_id}',
  'post /training/start',
  'get /training/status/{job_id}',
  'get /training/results/{job_id}',
  'post /training/stop/{job_id}',
  'get /models',
  'get /models/{model_id}',
  'post /models/{model_id}/predict',
  'delete /models/{model_id}',
];

const operations = () =>
  Object.entries(document.paths!).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

/** An answer itself, or the component that it refers to. */
const resolved = (response: Node | undefined): Node => {
  const { $ref } = (response ?? {}) as { $ref?: string };
  return $ref === undefined ? response! : document.components!.responses![$ref.split('/').at(-1)!]!;
};

/** Every nested object, with its path. */
function* nodes(value: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, child] of Object.entries(value)) yield* nodes(child, `${at}/${key.replaceAll('/', '~1')}`);
}

describe('the OpenAPI document', () => {
  test('has the routes of the specification', () => {
    expect(operations().map(({ name }) => name)).toEqual(expect.arrayContaining(SPECIFIED));
  });

  test('shows errors by one schema, with an example for each status', () => {
    const of = document.paths!['/training/start']!.post!.responses!;
    const statuses = [
      '201',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '500',
      '503',
      '507',
    ];
    expect(Object.keys(of)).toEqual(statuses);
    expect(resolved(of['429']).content).toEqual({
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        example: { error: 'rate_limit_exceeded', message: 'Too many requests', retry_after: 60 },
      },
    });
  });

  test('shows an example of every request and answer in JSON, and of every error', () => {
    const without = operations().flatMap(({ name, operation }) => {
      const bodies = [operation.requestBody, ...Object.values(operation.responses!).map(resolved)];
      const contents = bodies.map((body) => body?.content?.['application/json']);
      return contents.some((content) => content !== undefined && !('example' in content)) ? [name] : [];
    });
    expect(without).toEqual([]);
  });

  test('says how many details an error has at most', () => {
    const withDetails = [...nodes(document)].filter(([at]) => at.endsWith('/properties/details'));
    expect(withDetails.map(([at]) => at)).toEqual(
      expect.arrayContaining([expect.stringContaining('/Error/'), expect.stringContaining('/DatasetDetail')]),
    );
    for (const [, details] of withDetails) expect(details.maxItems).toBe(20);
  });

  test('asks for a token where one is needed, and hides passwords', () => {
    expect(document.components!.securitySchemes!.accessToken).toMatchObject({ type: 'http', scheme: 'bearer' });
    for (const { operation, name } of operations()) {
      const open =
        /^get \/$|^get \/oip\/v2\/health\/(live|ready)$|^post \/auth\/(register|login|refresh|reset-password)$/.test(
          name,
        );
      // On one machine, its operator may call these without credentials.
      const optional = name.includes(' /api/v1/models') ? [{}] : [];
      const expected = open ? [] : [{ accessToken: [] }, { apiKey: [] }, ...optional];
      expect([name, operation.security]).toEqual([name, expected]);
    }
    expect(document.components!.schemas!.Credentials!.properties!.password!.format).toBe('password');
  });

  test('says of a key for a retry what is wrong with it', () => {
    for (const { operation } of operations()) {
      const parameters = Array.isArray(operation.parameters) ? operation.parameters : [];
      if (parameters.some(({ name }) => name === 'idempotency-key')) expect(operation.responses).toHaveProperty('400');
    }
  });

  test('has the bounds of numbers and the file of an upload', () => {
    const parameters = document.paths!['/datasets']!.get!.parameters as unknown as { name: string; schema: object }[];
    expect(parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 10,
    });
    const { content } = document.paths!['/datasets/upload']!.post!.requestBody!;
    expect(content!['multipart/form-data']!.schema).toMatchObject({
      required: expect.arrayContaining(['file', 'name']),
      properties: { file: { type: 'string', format: 'binary' } },
    });
  });
});

describe('the viewers', () => {
  test.each(['docs', 'redoc'])('of /%s are whole pages whose every part is served here', async (name) => {
    const page = await platform.call({ path: `/${name}` });
    expect(page.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(page.headers['Content-Security-Policy']).toContain("script-src 'self'");
    expect(page.text).not.toMatch(/<script>|https?:/);
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThanOrEqual(3);
    for (const part of parts) {
      const answer = await platform.call({ path: `/${part}` });
      expect([part, answer.status]).toEqual([part, 200]);
      expect(answer.text.length).toBeGreaterThan(100);
      expect(answer.headers['Content-Type']).toBe(
        part.endsWith('.js')
          ? 'text/javascript; charset=utf-8'
          : part.endsWith('.css')
            ? 'text/css; charset=utf-8'
            : 'image/png',
      );
    }
  });

  test('load nothing from a content-delivery network', async () => {
    const { text } = await platform.call({ path: '/redoc/redoc.standalone.js' });
    expect(text).not.toMatch(/https?:\/\/cdn\./);
  });

  test('serve images byte for byte', async () => {
    const answer = await platform.call({ path: '/docs/favicon-32x32.png' });
    expect(Buffer.from(answer.text, 'latin1').subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  });

  test('are packed for who can unpack them, once for all, with an ETag of their own', async () => {
    const path = '/redoc/redoc.standalone.js';
    const plain = await platform.call({ path });
    expect(plain.headers).toMatchObject({ Vary: 'Accept-Encoding' });
    expect(plain.headers).not.toHaveProperty('Content-Encoding');
    const headers = { 'Accept-Encoding': 'br;q=1.0, gzip;q=0.8' };
    const packed = await platform.call({ path, headers });
    expect(packed.headers['Content-Encoding']).toBe('gzip');
    const bytes = Buffer.from(packed.text, 'latin1');
    expect(bytes.length).toBeLessThan(plain.text.length / 2);
    expect(gunzipSync(bytes).toString('utf8') === plain.text).toBe(true);
    expect(packed.headers.ETag).not.toBe(plain.headers.ETag);
    const again = await platform.call({ path, headers: { ...headers, 'If-None-Match': packed.headers.ETag! } });
    expect([again.status, again.text]).toEqual([304, '']);
    for (const refused of ['identity', 'gzip;q=0', '']) {
      const answer = await platform.call({ path, headers: { 'Accept-Encoding': refused } });
      expect(answer.headers).not.toHaveProperty('Content-Encoding');
    }
  });

  test('are not read without end from one address', async () => {
    const few = await openPlatform({ rates: { documentsPerHour: 2 } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await few.call({ path: '/openapi.json' })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await few.call({ path: '/' })).status).toBe(200);
    expect((await few.call({ path: '/datasets' })).headers['X-RateLimit-Remaining']).toBe('99');
    await few.close();
  });

  test('are not sent again to a client that has them', async () => {
    const first = await platform.call({ path: '/docs/swagger-ui.css' });
    expect(first.headers['Cache-Control']).toBe('public, max-age=604800');
    const again = { path: '/docs/swagger-ui.css', headers: { 'If-None-Match': `W/${first.headers.ETag}` } };
    const second = await platform.call(again);
    expect([second.status, second.text, second.headers.ETag]).toEqual([304, '', first.headers.ETag]);
    expect((await platform.call({ ...again, headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
  });

  test.each([
    '/docs/package.json',
    '/docs/..%2fpackage.json',
    '/docs/..%2F..%2F..%2Fpackage.json',
    '/docs/../../package.json',
    '/docs/swagger-ui.css%00.png',
    '/redoc/..%5c..%5cpackage.json',
    '/redoc/swagger-ui.css',
    '/docs/__proto__',
    '/docs/constructor',
  ])('serve nothing but their list: not %s', async (path) => {
    expect((await platform.call({ path })).status).toBe(404);
  });
});
