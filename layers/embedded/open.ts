import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS, type BucketName } from '#domain/ports/blobs/port.ts';
import type { QueueName } from '#domain/ports/queue/port.ts';
import type {
  DeadLetterQueue,
  EmbeddedAdapters,
  EmbeddedHost,
  EmbeddedHostOptions,
  EmbeddedOptions,
  EmbeddedQueue,
  QueueSettings,
} from './adapters.ts';
import { FileBlobs } from './blobs/blobs.ts';
import { Contents } from './blobs/contents.ts';
import { FolderBlobs } from './blobs/folder-blobs.ts';
import { servePresigned } from './blobs/presigned.ts';
import { PresignedUrls } from './blobs/presigned-urls.ts';
import { referencedContents } from './blobs/rows.ts';
import { Uploads } from './blobs/uploads.ts';
import { aheadBefore, ClockWatch, moveBack } from './clock.ts';
import { SqliteCompute } from './compute/compute.ts';
import { ComputeRunner } from './compute/runner.ts';
import { Tasks } from './compute/tasks.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { DiskSpace } from './disk-space.ts';
import { SqliteEvents } from './events/events.ts';
import { FolderUnusableError, folderPaths, openCopies, openFolder, unusable } from './folder.ts';
import { expectNewFolder } from './keys/expect-new.ts';
import { keyFile } from './keys/key-files.ts';
import { FileKeys } from './keys/keys.ts';
import { lockFolder } from './lock.ts';
import { purge } from './purge.ts';
import { releaseReceived, SqliteDeadLetterQueue, SqliteQueue } from './queue/queue.ts';
import { createSchema } from './schema.ts';
import { Counters } from './table/counters.ts';
import { createCounters } from './table/create-counters.ts';
import { SqliteTable } from './table/table.ts';

export type * from './adapters.ts';
export { FolderUnusableError } from './folder.ts';
export { FolderInUseError } from './lock.ts';

const BUS: QueueSettings = { visibilitySeconds: 60, maxReceives: 10 };

/**
 * Opens the six ports on a folder beside the host, for its workers, trainers and tools. Throws `FolderUnusableError`.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedAdapters> {
  return (await openParts(options)).adapters;
}

/**
 * Opens the folder as its one host: takes the lock, removes files that killed processes left behind, and makes messages
 * that they had received visible again. Throws `FolderInUseError`, `FolderUnusableError`.
 */
export async function openEmbeddedHost(options: EmbeddedHostOptions): Promise<EmbeddedHost> {
  const { dir } = options;
  if (options.backupCopies !== undefined) await openCopies(options.backupCopies);
  await openFolder(dir);
  const unlock = lockFolder(dir);
  try {
    const { adapters, database, counters, contents, uploads, tasks, space } = await openParts(options);
    space.hold();
    const referenced = referencedContents(database);
    await contents.sweep((name) => referenced.has(name));
    const { now } = adapters;
    const clock = new ClockWatch({ now, monotonic: options.monotonic ?? (() => performance.now()) });
    const correct = async (behind: number) => {
      if (behind > 0) await database.write(() => moveBack(database, behind, now()));
      return behind;
    };
    await correct(aheadBefore(database, now()));
    await database.write(() => releaseReceived(database, now()));
    const runner = new ComputeRunner(database, tasks, {
      command: options.computeCommand,
      log: options.log ?? (() => undefined),
      maxTasks: options.maxTasks ?? Math.max(2, availableParallelism()),
      graceSeconds: options.graceSeconds ?? 10,
      ...(options.memory ? { memory: options.memory } : {}),
      ...(options.standby ? { standby: options.standby } : {}),
    });
    return {
      ...adapters,
      startCompute: () => runner.start(),
      expectTask: () => runner.prepare(),
      freeBytes: () => space.free,
      correctClock: () => correct(clock.look()),
      purge: () => {
        space.hold();
        return purge({ database, counters, uploads }, now());
      },
      close: async () => {
        await runner.close();
        await adapters.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw unusable(dir, error);
  }
}

async function openParts(options: EmbeddedOptions) {
  const { dir, now = Date.now } = options;
  await openFolder(dir);
  const paths = folderPaths(dir);
  const space = new DiskSpace(dir, paths.reserve, options.space);
  const makeRoom = () => space.release();
  const database = await openDatabase(dir, paths.database, (opened) => createSchema(opened, paths.database), {
    makeRoom,
  });
  const counters = await openDatabase(dir, paths.counters, (opened) => createCounters(opened, database), {
    durability: 'normal',
    makeRoom,
  });
  const keys = await FileKeys.open(paths.keys, options.newKeys ? undefined : expectNewFolder(dir, database));
  const contents = new Contents(paths.blobs, keys.contentSecret(), space);
  const uploads = new Uploads(database, contents, now);
  const key = await keyFile(paths.keys, 'presigning.key', () => randomBytes(32));
  const { baseUrl } = options;
  const urls = new PresignedUrls(key, typeof baseUrl === 'string' ? () => baseUrl : baseUrl, now);
  const store = { database, contents, uploads, urls, now };
  const blobs = Object.fromEntries(BUCKETS.map((bucket) => [bucket, new FileBlobs(bucket, store)])) as Readonly<
    Record<BucketName, FileBlobs>
  >;
  const { bus, queuesByName, deadLetters } = openQueues(options, database, now);
  const events = new SqliteEvents(database, bus, now);
  const tasks = new Tasks(database, events, now);
  const counting = new Counters(counters, now);
  const adapters: EmbeddedAdapters = {
    table: new SqliteTable(database, counting, now),
    blobs,
    backupCopies: options.backupCopies === undefined ? undefined : new FolderBlobs(options.backupCopies),
    queues: Object.fromEntries(queuesByName) as Readonly<Record<QueueName, EmbeddedQueue>>,
    events,
    keys,
    compute: new SqliteCompute(database, tasks),
    now,
    queuesByName,
    deadLetters,
    watch: (listener) => database.watch.add(listener),
    servePresigned: (request, response, body) => servePresigned({ urls, uploads, blobs }, request, response, body),
    close: async () => {
      await counting.flush();
      database.close();
      counters.close();
    },
  };
  return { adapters, database, counters, contents, uploads, tasks, space };
}

function openQueues(options: EmbeddedOptions, database: Database, now: () => number) {
  const queuesByName = new Map<string, EmbeddedQueue>();
  const deadLetters = new Map<string, DeadLetterQueue>();
  const open = (name: string, settings: QueueSettings): SqliteQueue => {
    const dead = new SqliteDeadLetterQueue(database, name, settings, now);
    const queue = new SqliteQueue(database, name, settings, dead.name, now);
    deadLetters.set(name, dead);
    queuesByName.set(name, queue);
    return queue;
  };
  for (const [name, settings] of Object.entries(options.queues)) open(name, settings);
  return { bus: open('bus', options.bus ?? BUS), queuesByName, deadLetters };
}

/**
 * Several processes may open a new folder at the same moment; all but one then find the database locked for a while.
 */
async function openDatabase(
  dir: string,
  path: string,
  create: (opened: Database) => void,
  options?: DatabaseOptions,
): Promise<Database> {
  for (let attempt = 1; ; attempt += 1) {
    let database: Database | undefined;
    try {
      database = new Database(path, options);
      database.execute('PRAGMA journal_mode = WAL');
      create(database);
      return database;
    } catch (error) {
      database?.close();
      const { message } = error as Error;
      if (!/locked|busy/.test(message)) throw unusable(dir, error);
      if (attempt === 100) throw new FolderUnusableError(dir, 'its database stays locked');
      await delay(50);
    }
  }
}
