/**
 * Billable operations, counted on the adapters of one machine as AWS counts them: units of the table (a write of up to
 * 1 KB, a consistent read of up to 4 KB, twice in a transaction, again where an item is in the index), requests of the
 * buckets, messages and events. An item's size is that of its JSON.
 */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { Queue } from '#domain/ports/queue/port.ts';
import type { Item, Table, Write } from '#domain/ports/table/port.ts';
import { replacing } from '../../functions/events/world.ts';

export interface Metered {
  tableReads: number;
  tableWrites: number;
  objectReads: number;
  objectWrites: number;
  messages: number;
  events: number;
  storedBytes: number;
}

export const nothing = (): Metered => ({
  tableReads: 0,
  tableWrites: 0,
  objectReads: 0,
  objectWrites: 0,
  messages: 0,
  events: 0,
  storedBytes: 0,
});

const bytesOf = (item: Item | undefined): number => (item === undefined ? 0 : Buffer.byteLength(JSON.stringify(item)));
const units = (bytes: number, each: number): number => Math.max(1, Math.ceil(bytes / each));

/** The same adapters; their calls are added to `meter`. */
export function metered(adapters: Adapters, meter: Metered): Adapters {
  const { blobs, queues } = adapters;
  return {
    ...adapters,
    table: meteredTable(adapters.table, meter),
    blobs: {
      datasets: meteredBlobs(blobs.datasets, meter),
      artifacts: meteredBlobs(blobs.artifacts, meter),
      backups: meteredBlobs(blobs.backups, meter),
    },
    queues: {
      datasets: meteredQueue(queues.datasets, meter),
      training: meteredQueue(queues.training, meter),
      webhooks: meteredQueue(queues.webhooks, meter),
      predictions: meteredQueue(queues.predictions, meter),
      vault: meteredQueue(queues.vault, meter),
      logs: meteredQueue(queues.logs, meter),
      encoders: meteredQueue(queues.encoders, meter),
    },
    events: replacing(adapters.events, {
      publish: async (...events) => {
        meter.events += events.length;
        await adapters.events.publish(...events);
      },
    }),
  };
}

function meteredTable(table: Table, meter: Metered): Table {
  const wrote = (item: Item | undefined, times = 1, wasIndexed = false): void => {
    const each = units(bytesOf(item), 1024);
    meter.tableWrites += times * each + (item?.ipk !== undefined || wasIndexed ? each : 0);
  };
  const afterOf = async (write: Write): Promise<Item | undefined> =>
    write.kind === 'put' ? write.item : table.get(write.key);
  const leavesIndex = (write: Write): boolean =>
    write.kind === 'update' && (write.change.remove?.includes('ipk') ?? false);
  return replacing(table, {
    get: async (key) => {
      const item = await table.get(key);
      meter.tableReads += units(bytesOf(item), 4096);
      return item;
    },
    getMany: async (keys) => {
      const items = await table.getMany(keys);
      for (const item of items) meter.tableReads += units(bytesOf(item), 4096);
      return items;
    },
    query: async (query) => {
      const page = await table.query(query);
      meter.tableReads += units(
        page.items.reduce((sum, item) => sum + bytesOf(item), 0),
        4096,
      );
      return page;
    },
    increment: async (key, name, expiresAt) => {
      meter.tableWrites += 1;
      return table.increment(key, name, expiresAt);
    },
    put: async (item, condition) => {
      wrote(item);
      await table.put(item, condition);
    },
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      wrote(item, 1, change.remove?.includes('ipk'));
      return item;
    },
    delete: async (key, condition) => {
      wrote(await table.get(key));
      await table.delete(key, condition);
    },
    transact: async (writes, token) => {
      await table.transact(writes, token);
      for (const write of writes) wrote(await afterOf(write), 2, leavesIndex(write));
    },
  });
}

const meteredBlobs = (blobs: Blobs, meter: Metered): Blobs =>
  replacing(blobs, {
    put: async (key, body, options) => {
      const info = await blobs.put(key, body, options);
      // The S3 adapter reads the head of what it has written.
      meter.objectWrites += 1;
      meter.objectReads += 1;
      meter.storedBytes += info.size;
      return info;
    },
    get: async (key, range) => {
      meter.objectReads += 1;
      return blobs.get(key, range);
    },
    head: async (key) => {
      meter.objectReads += 1;
      return blobs.head(key);
    },
    list: async (prefix, options) => {
      meter.objectWrites += 1;
      return blobs.list(prefix, options);
    },
  });

/** Sent, received and deleted: three requests a message. */
const meteredQueue = (queue: Queue, meter: Metered): Queue =>
  replacing(queue, {
    send: async (body, options) => {
      meter.messages += 3;
      await queue.send(body, options);
    },
  });
