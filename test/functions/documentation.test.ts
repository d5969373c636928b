/** The OpenAPI document of every surface, and that its viewers are there. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { SurfaceName } from '#infra/topology.ts';
import { openPlatform, type Platform } from './platform/harness.ts';
import { bodySchema, everyRoute, SURFACES } from './surfaces.ts';

interface Node {
  readonly [name: string]: Node;
}

const NAMES = Object.keys(SURFACES) as SurfaceName[];

let platform: Platform;
let documents: Readonly<Record<SurfaceName, Node>>;
beforeAll(async () => {
  platform = await openPlatform();
  const read = async (surface: SurfaceName) => {
    const answer = await platform.call({ surface, path: '/openapi.json' });
    expect(answer.headers['Content-Type']).toBe('application/json');
    return [surface, JSON.parse(answer.text)] as const;
  };
  documents = Object.fromEntries(await Promise.all(NAMES.map(read))) as typeof documents;
});
afterAll(() => platform.close());

const operations = (document: Node) =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
  );

/** An answer itself, or the component that it refers to. */
const resolved = (document: Node, response: Node | undefined): Node => {
  const { $ref } = (response ?? {}) as { $ref?: string };
  return $ref === undefined ? response! : document.components!.responses![$ref.split('/').at(-1)!]!;
};

/** Every nested object, with its path. */
function* nodes(value: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, child] of Object.entries(value)) yield* nodes(child, `${at}/${key.replaceAll('/', '~1')}`);
}

describe.each(NAMES)('the OpenAPI document of the surface %s', (surface) => {
  test('is of version 3.1 and has the required fields', () => {
    const document = documents[surface];
    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: expect.any(String), version: expect.any(String) },
      servers: [{ url: '.' }],
    });
    const ids = operations(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Set((document.tags as unknown as { name: string }[]).map(({ name }) => name));
    for (const { operation } of operations(document)) {
      for (const tag of operation.tags as unknown as string[]) expect(tags).toContain(tag);
    }
  });

  test('is valid by the schema of OpenAPI 3.1', async () => {
    expect(await new Validator().validate(structuredClone(documents[surface]))).toEqual({ valid: true });
  });

  test('has every route', () => {
    const names = operations(documents[surface]).map(({ name }) => name);
    const described = SURFACES[surface].described.map(({ method, path }) => `${method.toLowerCase()} ${path}`);
    expect(names.sort()).toEqual(described.sort());
  });

  test('has no dangling references', () => {
    const all = new Map(nodes(documents[surface]));
    const references = [...all.values()].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    if (SURFACES[surface].described.length > 0) expect(references.length).toBeGreaterThan(5);
    for (const reference of references) expect([...all.keys()]).toContain(reference);
  });

  test('declares each parameter of a path, and describes every response', () => {
    for (const { path, operation } of operations(documents[surface])) {
      const parameters = Array.isArray(operation.parameters) ? operation.parameters : [];
      const inPath = parameters.filter((of) => of.in === 'path').map((of) => of.name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      for (const [status, response] of Object.entries(operation.responses!)) {
        expect(status).toMatch(/^[1-5]\d\d$/);
        expect(resolved(documents[surface], response)).toHaveProperty('description', expect.stringMatching(/\S/));
      }
    }
  });

  test('asks for a scope wherever it asks who calls', () => {
    for (const { method, path, authentication, scope } of SURFACES[surface].described) {
      const asksWho = authentication === 'account' || authentication === 'operator';
      expect([method, path, scope !== undefined]).toEqual([method, path, asksWho]);
    }
  });

  test.each(['docs', 'redoc'])('is shown at /%s', async (name) => {
    const page = await platform.call({ surface, path: `/${name}` });
    expect([page.status, page.headers['Content-Type']]).toEqual([200, 'text/html; charset=utf-8']);
  });
});

test.each(everyRoute)('the document shows of $title a request and a response that its schemas accept', (of) => {
  const { surface, route } = of;
  const { requestBody, responses } = documents[surface].paths![route.path]![route.method.toLowerCase()]!;
  const request = requestBody?.content?.['application/json'];
  if (request) expect(bodySchema(route)!.safeParse(request.example).error).toBeUndefined();
  for (const [status, { schema }] of Object.entries(route.responses)) {
    if (schema === undefined) continue;
    const { example } = responses![status]!.content!['application/json']!;
    expect(schema.safeParse(example).error).toBeUndefined();
  }
});
