/** Numbers at the edge of what JSON and a double can say, in every field of every body of every surface. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import type { Dataset } from '#domain/datasets/record.ts';
import { TrainyardError, ValidationError } from '#domain/errors.ts';
import { ITEM_LIMITS } from '#domain/ports/table/item-rules.ts';
import { contentOf } from '#domain/request-body.ts';
import type { SurfaceName } from '#infra/topology.ts';
import { openPlatform, type Platform } from './platform/harness.ts';
import { ready, uploaded } from './platform/records.ts';
import { bodySchema, everyRoute } from './surfaces.ts';

const EDGES = [
  '5e-324',
  '2.2250738585072014e-308',
  '1e-131',
  '-5e-324',
  '1e-130',
  '1e308',
  '-1e308',
  '1e126',
  '-0',
  '0.1',
];

/** Rows of a prediction are calculated with, and stored nowhere. */
const CALCULATED = /\/predict$|\/infer$/;

const jsonRoutes = everyRoute.filter(({ route }) => route.request.body?.accepts.includes('application/json'));

/**
 * Fields whose values the handler looks at by a schema of their own, or stores as text: calls below show what becomes of them.
 * Examples of an import are compared with the model's answers, and not stored.
 */
const SEEN_LATER = /^\.(?:examples|config|hyperparameters|space|metadata)\b/;

/** The numbers in a value, with where they are. */
function* numbersIn(value: unknown, at = ''): Generator<readonly [string, number]> {
  if (typeof value === 'number') yield [at, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) yield* numbersIn(part, `${at}.${name}`);
  }
}

const isStorable = (value: number): boolean =>
  value === 0 || (Math.abs(value) >= ITEM_LIMITS.smallestNumber && Math.abs(value) <= ITEM_LIMITS.largestNumber);

/** JSON Schema's example of a body with one of its numbers replaced, for each of them. */
function* variants(example: unknown, edge: string): Generator<string> {
  const text = JSON.stringify(example, (_, part: unknown) => (typeof part === 'number' ? `\u0000${part}` : part));
  const places = [...text.matchAll(/"\\u0000([^"]+)"/g)];
  for (const [i] of places.entries()) {
    let place = 0;
    yield text.replace(/"\\u0000([^"]+)"/g, (_, number: string) => (place++ === i ? edge : number));
  }
}

test.each(jsonRoutes)('no number at the edges gets through $title that could not be stored', async ({ route }) => {
  if (CALCULATED.test(route.path)) return;
  const body = route.request.body!;
  const media = body.openapi.content as Record<string, { readonly example?: unknown }>;
  const names = Object.keys((bodySchema(route) as z.ZodObject).shape);
  const fault = [];
  for (const edge of EDGES) {
    const texts = [
      ...variants(media['application/json']!.example, edge),
      ...names.map((name) => `{"${name}":${edge}}`),
    ];
    for (const text of texts) {
      try {
        const parsed = await body.parse({ contentType: 'application/json', content: contentOf(Buffer.from(text)) });
        for (const [at, value] of numbersIn(parsed)) {
          if (!isStorable(value) && !SEEN_LATER.test(at)) fault.push([text, at, value]);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(TrainyardError);
        expect(error).toBeInstanceOf(ValidationError);
      }
    }
  }
  expect(fault).toEqual([]);
});

describe('what the handler looks at itself', () => {
  let platform: Platform;
  let token: string;
  let dataset: Dataset;
  beforeAll(async () => {
    platform = await openPlatform();
    token = await platform.login();
    dataset = await ready(platform, await uploaded(platform, token));
  });
  afterAll(() => platform.close());

  const NAMES = ['learning_rate', 'weight_decay', 'momentum', 'dropout', 'epochs', 'warmup_epochs', 'class_weight'];
  const status = async (path: string, raw: string, surface: SurfaceName = 'platform') => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await platform.call({ surface, method: 'POST', path, token, raw, headers });
    if (answer.status === 201) await stopAll();
    return answer.status;
  };
  /** So that there is room for the next. */
  const stopAll = async () => {
    const { body } = await platform.call({ path: '/training', token, query: { status: 'queued' } });
    for (const { job_id } of body.jobs) {
      await platform.call({ method: 'POST', path: `/training/stop/${job_id}`, token });
    }
  };

  test.each(EDGES)('is never a fault of ours: %s', async (edge) => {
    for (const name of NAMES) {
      const hyperparameters = `{"${name}":${edge}}`;
      const start = `{"dataset_id":"${dataset.id}","model_type":"mlp","hyperparameters":${hyperparameters}}`;
      expect([201, 400]).toContain(await status('/training/start', start));
      const space = `{"${name}":{"min":${edge},"max":${edge}}}`;
      const sweep = `{"dataset_id":"${dataset.id}","model_type":"mlp","method":"random","space":${space}}`;
      expect([201, 400]).toContain(await status('/training/sweeps', sweep));
    }
  });
});
