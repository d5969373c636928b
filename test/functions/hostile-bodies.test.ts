/** Bodies made to be answered with more than was sent, for every route of every surface. */
import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { contentOf } from '#domain/request-body.ts';
import type { Body } from '#functions/http/body/body.ts';
import { issuesMade } from './http/validation/issues-made.ts';
import { bodySchema, everyRoute, SURFACES } from './surfaces.ts';

const BYTES = 30_000;
/** As many as fit. */
const list = (item: string): string => `[${Array(Math.floor(BYTES / (item.length + 1))).fill(item)}]`;
const names = (value: string): string =>
  `{${Array.from({ length: Math.floor(BYTES / (value.length + 12)) }, (_, i) => `"name${i}":${value}`)}}`;

/** Values that are wrong in very many places, for most schemas. */
const values: Readonly<Record<string, string>> = {
  'a list of objects': list('{}'),
  'a list of lists': list('[]'),
  'a list of a wide list': `[${list('{}')}]`,
  'lists of a few lists': list('[[],[],[],[]]'),
  'objects of a few objects': list('{"a":{},"b":{},"c":{}}'),
  'a wide object': names('{}'),
  'a list of a wide object': `[${names('[]')}]`,
  'numbers out of range': list('1e999'),
  'lists of lists of such numbers': list('[[[1e999,1e999],[1e999]],[[1e999]]]'),
  'a long text': `"${'é'.repeat(BYTES / 2)}"`,
  'a long name': `{"${'n'.repeat(BYTES)}":{}}`,
  'deep lists': '['.repeat(BYTES / 2) + ']'.repeat(BYTES / 2),
  'deep objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'names that objects drop': list('{"__proto__":1}'),
  'halves of characters': list('"\\ud800"'),
  'no end': '['.repeat(BYTES),
  lines: `[${'\n'.repeat(BYTES)}`,
};

const jsonRoutes = everyRoute.filter(({ route }) => route.request.body?.accepts.includes('application/json'));

test.each(jsonRoutes)(
  'whatever the body of $title is full of, few issues are made of it and the answer is short',
  async ({ surface, route }) => {
    const fields = Object.keys((bodySchema(route) as z.ZodObject).shape);
    const { render } = SURFACES[surface].errorsAt(route.path);
    for (const [what, value] of Object.entries(values)) {
      for (const text of [value, ...fields.map((field) => `{"${field}":${value}}`)]) {
        const { issues, details, bytes } = await refusal(route.request.body!, text, (error) =>
          render(error, { id: 'request', path: route.path, at: 0, presented: false }),
        );
        expect({
          what,
          issues: issues < 1000,
          details: details <= 20,
          bytes: bytes <= 65_536,
        }).toEqual({
          what,
          issues: true,
          details: true,
          bytes: true,
        });
      }
    }
  },
);

/** What a body costs, and what its refusal would be as an answer; nothing where it is taken. */
async function refusal(body: Body<unknown>, text: string, render: (error: ValidationError) => unknown) {
  let refused: unknown;
  const issues = await issuesMade(async () => {
    try {
      await body.parse({ contentType: 'application/json', content: contentOf(Buffer.from(text)) });
    } catch (error) {
      refused = error;
    }
  });
  if (refused === undefined) return { issues, details: 0, bytes: 0 };
  if (!(refused instanceof ValidationError)) throw refused;
  return { issues, details: refused.details.length, bytes: Buffer.byteLength(JSON.stringify(render(refused))) };
}
