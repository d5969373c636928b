/**
 * Writes with every port as fast as it can until it is killed, and prints each acknowledged write as a JSON line.
 * Arguments: the folder, and a name for this run.
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openEmbedded } from '#embedded/open.ts';
import { counterOf, embeddedOptions } from './folder.ts';

const [dir = '', run = ''] = process.argv.slice(2);
const { table, blobs, queues, events } = await openEmbedded(embeddedOptions(dir));
// Synchronously: once it is written, the parent can read it even if this process is killed.
const acknowledge = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`);
acknowledge({ kind: 'ready' });

async function forever(step: (n: number) => Promise<object>): Promise<never> {
  for (let n = 0; ; n += 1) acknowledge(await step(n));
}

await Promise.all([
  forever(async (n) => {
    await table.put({ pk: `PUT#${run}`, sk: String(n), n });
    return { kind: 'put', n };
  }),
  forever(async () => ({ kind: 'count', n: await table.increment(counterOf(run), 'n', Number.MAX_SAFE_INTEGER) })),
  forever(async (n) => {
    await table.transact([
      { kind: 'put', item: { pk: `PAIR#${run}`, sk: `left ${n}`, n } },
      { kind: 'put', item: { pk: `PAIR#${run}`, sk: `right ${n}`, n } },
      { kind: 'update', key: { pk: `PAIR#${run}`, sk: 'count' }, change: { add: { n: 1 } } },
    ]);
    return { kind: 'pair', n };
  }),
  forever(async (n) => {
    // The same key again and again: its bytes are always those of one put, with that put's size, type and etag.
    const bytes = randomBytes(1 + ((n * 7919) % 300_000));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = n % 3 === 0 ? 'same' : `${run}/${n}`;
    await blobs.artifacts.put(key, bytes, { contentType: `x/${bytes.length}` });
    return { kind: 'blob', key, sha256, size: bytes.length };
  }),
  forever(async (n) => {
    await queues.datasets.send(`${run} ${n}`);
    return { kind: 'message', body: `${run} ${n}` };
  }),
  forever(async (n) => {
    await events.publish({ type: 'test', account: run, detail: { n } }, { type: 'test', account: run, detail: { n } });
    return { kind: 'events', n };
  }),
]);
