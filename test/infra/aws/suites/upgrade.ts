import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dataResources } from '../data-resources.ts';
import type { Synthesized, Variant } from '../synthesized.ts';

const FIXTURES = 'test/fixtures/data-resources';
const RELEASES = readdirSync(FIXTURES).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);

/** A resource that goes by another name is another one: CloudFormation makes it empty and lets the old one go. */
export function upgrade(variants: Readonly<Record<Variant, Synthesized>>): void {
  describe.each(RELEASES)('a deployment of release %s', (release) => {
    const before = JSON.parse(readFileSync(join(FIXTURES, `${release}.json`), 'utf8'));

    test.each(['dev', 'prod'] as const)('keeps its table, buckets, keys, queues and bus (%s)', (name) => {
      const now = dataResources(variants[name]);
      for (const [id, resource] of Object.entries(before[name])) {
        expect([id, now[id]]).toMatchObject([id, resource]);
      }
    });
  });
}
