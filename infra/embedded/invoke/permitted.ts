/**
 * Restricts a function's adapters to what the topology says that it uses, as its role does in the cloud: what is
 * missing in the topology then shows before there is a deployment.
 */
import { InternalError } from '#domain/errors.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Blobs, BlobsWithoutUrls, BucketName } from '#domain/ports/blobs/port.ts';
import type { Queue, QueueName } from '#domain/ports/queue/port.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { type BucketUse, type FunctionName, functions, queues, type TableUse } from '../../topology.ts';

const BUCKET_METHODS: Readonly<Record<BucketUse, readonly (keyof Blobs)[]>> = {
  read: ['get', 'head', 'presignGet', 'presignedSeconds'],
  put: ['put', 'putView'],
  upload: [
    'startUpload',
    'presignParts',
    'presignedSeconds',
    'putPart',
    'listParts',
    'completeUpload',
    'abortUpload',
    'followUpload',
  ],
  delete: ['delete', 'list', 'abortUpload'],
};

const COPIES_METHODS: Readonly<Record<'read' | 'put' | 'delete', readonly (keyof BlobsWithoutUrls)[]>> = {
  read: ['get', 'head'],
  put: ['put'],
  delete: ['delete', 'list'],
};

/** A call that the topology does not list for that function throws `InternalError`. */
export function permitted(name: FunctionName, given: Adapters) {
  const { table, blobs, backupCopies, queues: all, events, keys, compute, bootstrapToken, now } = given;
  const { uses } = functions[name];
  const refuse = (what: string): never => {
    throw new InternalError(`${name} used ${what}, which the topology does not say`);
  };
  const only = <T extends object>(port: T, of: string, allowed: readonly (keyof T)[]): T => {
    // By the port's own method: a bound one is made once, not for every call.
    const bound = new WeakMap<object, unknown>();
    return new Proxy(port, {
      get(target, key) {
        const own: unknown = Reflect.get(target, key);
        if (typeof own !== 'function') return own;
        if (!bound.has(own)) {
          bound.set(own, allowed.includes(key as keyof T) ? own.bind(target) : () => refuse(`${of}.${String(key)}`));
        }
        return bound.get(own);
      },
    });
  };
  const each = <K extends string, T extends object>(ports: Readonly<Record<K, T>>, guard: (port: T, key: K) => T) =>
    Object.fromEntries(Object.entries<T>(ports).map(([key, port]) => [key, guard(port, key as K)])) as Record<K, T>;
  const bucket = (port: Blobs, key: BucketName) =>
    only(
      port,
      key,
      (uses.buckets?.[key] ?? []).flatMap((use) => BUCKET_METHODS[use]),
    );
  const copies = (port: BlobsWithoutUrls) => {
    const allowed = (uses.copies ?? []).flatMap((use) => COPIES_METHODS[use]);
    return only(port, 'the second location', allowed);
  };
  const queue = (port: Queue, key: QueueName) =>
    only(port, key, [
      ...(uses.sends?.includes(key) ? (['send'] as const) : []),
      ...(queues[key]?.consumer === name ? (['deadLetter'] as const) : []),
    ]);
  const adapters: Adapters = {
    table: onlyTable(table, uses.table ?? [], refuse),
    blobs: each(blobs, bucket),
    backupCopies: backupCopies && copies(backupCopies),
    queues: each(all, queue),
    events: only(events, 'events', uses.publishes ? ['publish'] : []),
    keys: only(keys, 'keys', [...KEYS[uses.tokens ?? 'none'], ...(uses.dataKeys ?? []).map((use) => DATA_KEYS[use])]),
    compute: only(compute, 'compute', uses.compute ?? []),
    bootstrapToken: uses.bootstrap ? bootstrapToken : undefined,
    now,
  };
  return adapters;
}

const KEYS = { none: [], verify: ['publicKeys'], sign: ['publicKeys', 'sign'] } as const;

const DATA_KEYS = { generate: 'generateDataKey', unwrap: 'unwrapDataKey' } as const;

/** A transaction needs the permissions of each of its writes. */
function onlyTable(table: Table, uses: readonly TableUse[], refuse: (what: string) => never): Table {
  const needed = <A extends unknown[], R>(method: (...args: A) => R, ...needs: readonly TableUse[]) => {
    const missing = needs.find((use) => !uses.includes(use));
    return missing === undefined ? method : async (..._: A): Promise<never> => refuse(`table.${missing}`);
  };
  const query: Table['query'] = (wanted) => table.query(wanted);
  const [bySort, byIndex] = [needed(query, 'query'), needed(query, 'index')];
  return {
    get: needed((key) => table.get(key), 'get'),
    getMany: needed((keys) => table.getMany(keys), 'get'),
    query: (wanted) => (wanted.index === undefined ? bySort : byIndex)(wanted),
    put: needed((...args) => table.put(...args), 'put'),
    update: needed((...args) => table.update(...args), 'update'),
    increment: needed((...args) => table.increment(...args), 'update'),
    counters: needed((...args) => table.counters(...args), 'query'),
    deleteCounters: needed((...args) => table.deleteCounters(...args), 'query', 'delete'),
    delete: needed((...args) => table.delete(...args), 'delete'),
    async transact(writes, ...rest) {
      const missing = writes.find(({ kind }) => !uses.includes(kind));
      if (missing) refuse(`table.${missing.kind}`);
      return table.transact(writes, ...rest);
    },
  };
}
