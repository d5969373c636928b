/** The process behind `startLoad`: carries out one order after another until its parent lets go of it. */
import { Client } from 'undici';
import type { Order, Outcome } from './load.ts';
import { chooser, type Kind, UNIQUE } from './mix.ts';

/** Longer than the time limit of the functions, so that it is the host that says so. */
const PATIENCE_MS = 35_000;

process.on('message', async (order: Order) => process.send!(await carryOut(order)));

async function carryOut(order: Order): Promise<Outcome> {
  const { base, clients, kinds, seconds, requests = Number.POSITIVE_INFINITY, seed } = order;
  const tallies = kinds.map(({ name }) => ({ name, latencies: [] as number[], errors: {} as Record<string, number> }));
  const choose = chooser(
    kinds.map((kind, i) => ({ weight: kind.weight, send: sender(kind, seed), ...tallies[i]! })),
    seed,
  );
  const before = performance.eventLoopUtilization();
  const start = performance.now();
  const end = start + 1000 * seconds;
  let begun = 0;

  /** Each has a connection of its own. */
  async function client(): Promise<void> {
    const connection = new Client(base, { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
    while (performance.now() < end && begun < requests) {
      begun += 1;
      const { send, latencies, errors } = choose();
      const from = performance.now();
      try {
        const status = await send(connection);
        if (status >= 200 && status < 300) latencies.push(performance.now() - from);
        else errors[status] = (errors[status] ?? 0) + 1;
      } catch (error) {
        const { code = 'unknown' } = error as NodeJS.ErrnoException;
        errors[code] = (errors[code] ?? 0) + 1;
        // Where nobody answers, it would fail again as fast as it can.
        break;
      }
    }
    await connection.destroy();
  }

  await Promise.all(Array.from({ length: clients }, client));
  return {
    seconds: (performance.now() - start) / 1000,
    busy: performance.eventLoopUtilization(before).utilization,
    kinds: Object.fromEntries(
      tallies.map(({ name, latencies, errors }) => [name, { latencies: Float64Array.from(latencies), errors }]),
    ),
  };
}

/** What makes a request of this kind and resolves with its status once the whole answer has come. */
function sender({ method, path, token, body }: Kind, seed: number): (connection: Client) => Promise<number> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const text = body === undefined ? null : JSON.stringify(body);
  const parts = text?.split(UNIQUE) ?? [];
  let sent = 0;
  const next = () => (parts.length > 1 ? parts.join(`${seed}-${sent++}`) : text);
  return (connection) =>
    new Promise((resolve, reject) => {
      let status = 0;
      connection.dispatch(
        { method, path, headers, body: next() },
        {
          onRequestStart: () => {},
          onResponseStart: (_, statusCode) => {
            status = statusCode;
          },
          onResponseData: () => {},
          onResponseEnd: () => resolve(status),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
}
