import { afterAll, beforeAll, describe } from '@jest/globals';
import type { TableSubject } from '../table/subject.ts';
import { buckets } from './buckets.ts';
import { building } from './building.ts';
import { changes } from './changes.ts';
import { reading } from './reading.ts';
import { listWorld } from './world.ts';

/** What every Table must do for lists. `runs` of the property, each of up to 40 changes. */
export function listsConformance(name: string, open: () => Promise<TableSubject>, { runs }: { runs: number }): void {
  describe(`Lists on ${name}`, () => {
    let subject: TableSubject;
    beforeAll(async () => {
      subject = await open();
    }, 60_000);
    afterAll(() => subject?.close());
    const world = listWorld(() => subject);
    changes(world, runs);
    building(world);
    buckets(world);
    reading(world);
  });
}
