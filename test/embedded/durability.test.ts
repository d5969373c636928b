import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crc32Digest } from '#domain/checked-stream.ts';
import type { Queue } from '#domain/ports/queue/port.ts';
import { type EmbeddedHost, openEmbeddedHost } from '#embedded/open.ts';
import { counterOf, hostOptions, temporaryFolder } from './folder.ts';

const ROUNDS = 8;

interface Acknowledged {
  readonly kind: string;
  readonly n?: number;
  readonly key?: string;
  readonly sha256?: string;
  readonly size?: number;
  readonly body?: string;
}

/** Runs the writer, kills it after so many acknowledgements, and returns what it had acknowledged by then. */
async function killed(dir: string, run: number, after: number): Promise<Acknowledged[]> {
  const script = join(import.meta.dirname, 'durability-writer.ts');
  const child = spawn(process.execPath, ['--no-warnings', script, dir, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: Acknowledged[] = [];
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    // The last line may be cut off; it then does not count.
    if (line.endsWith('}')) acknowledged.push(JSON.parse(line) as Acknowledged);
    if (acknowledged.length === after) child.kill('SIGKILL');
  });
  const [[, signal]] = await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  expect(signal).toBe('SIGKILL');
  return acknowledged;
}

async function drain(queue: Queue): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const messages = await queue.receive();
    if (messages.length === 0) return bodies;
    bodies.push(...messages.map((message) => message.body));
    for (const { receipt } of messages) void queue.acknowledge(receipt);
  }
}

describe('what was acknowledged survives SIGKILL', () => {
  const rounds: Acknowledged[][] = [];
  let host: EmbeddedHost;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    for (let run = 0; run < ROUNDS; run += 1) {
      // Different but reproducible points: multiplicative hashing.
      rounds.push(await killed(folder.dir, run, 20 + (((run + 1) * 2_654_435_761) % 300)));
    }
    host = await openEmbeddedHost(hostOptions(folder.dir));
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    await folder.remove();
  });

  const of = (run: number, kind: string) => rounds[run]!.filter((each) => each.kind === kind);

  test('all items that were put exist', async () => {
    for (let run = 0; run < ROUNDS; run += 1) {
      for (const { n = -1 } of of(run, 'put')) {
        expect(await host.table.get({ pk: `PUT#${run}`, sk: String(n) })).toMatchObject({ n });
      }
    }
    expect(rounds.flat().filter((each) => each.kind === 'put').length).toBeGreaterThan(ROUNDS);
  });

  test('counters count each increment that was acknowledged, and at most one more', async () => {
    for (let run = 0; run < ROUNDS; run += 1) {
      const counted = of(run, 'count').at(-1)?.n ?? 0;
      const next = await host.table.increment(counterOf(run), 'n', Number.MAX_SAFE_INTEGER);
      // Of the last line of the writer the beginning may have been printed.
      expect([1, 2, 3]).toContain(next - counted);
    }
  });

  test('transactions are applied as a whole or not at all', async () => {
    for (let run = 0; run < ROUNDS; run += 1) {
      const pk = `PAIR#${run}`;
      const count = Number((await host.table.get({ pk, sk: 'count' }))?.n ?? 0);
      const sides = async (prefix: string) =>
        (await host.table.query({ partition: pk, prefix, limit: 1000 })).items
          .map((item) => Number(item.n))
          .sort((a, b) => a - b);
      expect(await sides('left ')).toEqual(Array.from({ length: count }, (_, n) => n));
      expect(await sides('right ')).toEqual(await sides('left '));
      expect(count).toBeGreaterThanOrEqual(of(run, 'pair').length);
    }
  });

  test('blobs are whole, and all that were put exist', async () => {
    const bytesOf = async (key: string) => {
      const { info, body, digests } = await host.blobs.artifacts.get(key);
      const bytes = Buffer.concat(await body.toArray());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { info, size: bytes.length, sha256, digests, crc32: crc32Digest(crc32(bytes)) };
    };
    for (const { key = '', sha256, size } of rounds
      .flat()
      .filter((each) => each.kind === 'blob' && each.key !== 'same')) {
      expect(await bytesOf(key)).toMatchObject({ size, sha256 });
    }
    for (const { key } of (await host.blobs.artifacts.list('')).blobs) {
      const { info, size, digests, crc32 } = await bytesOf(key);
      expect(info).toMatchObject({ size, contentType: `x/${size}` });
      expect(digests).toEqual([{ bytes: size, digest: crc32 }]);
    }
  });

  test('no file is left that belongs to no blob', async () => {
    const blobs = (await host.blobs.artifacts.list('')).blobs.length;
    const dir = join(folder.dir, 'blobs');
    const files = (await Promise.all((await readdir(dir)).map((shard) => readdir(join(dir, shard))))).flat();
    expect(files).toHaveLength(blobs);
  });

  test('messages and events exist', async () => {
    const bodies = new Set(await drain(host.queues.datasets));
    for (const { body = '' } of rounds.flat().filter((each) => each.kind === 'message')) expect(bodies).toContain(body);
    const counts = new Map<string, number>();
    for (const body of await drain(host.queuesByName.get('bus')!)) {
      const event = JSON.parse(body) as { account: string; detail: { n: number } };
      const name = `${event.account} ${event.detail.n}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // Published two at a time: both or neither.
    expect([...counts.values()].every((count) => count === 2)).toBe(true);
    rounds.forEach((round, run) => {
      for (const { n } of round.filter((each) => each.kind === 'events')) expect(counts.has(`${run} ${n}`)).toBe(true);
    });
  });
});
