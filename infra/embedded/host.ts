/** Trainyard on one machine: the topology's functions, queues, rules and schedules in one process and its children. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { operatorAccount } from '#domain/accounts/operator.ts';
import { keys } from '#domain/keys.ts';
import type { EmbeddedHost } from '#embedded/adapters.ts';
import { openEmbeddedHost } from '#embedded/open.ts';
import { type Surface, type SurfaceName, surfaces } from '../topology.ts';
import { keepRelativeNames, moveInto } from './empty-folder.ts';
import { baseUrlFor } from './gateway/base-url.ts';
import { defaultLimits } from './gateway/limits.ts';
import { type Listener, type ListenerOptions, listen } from './gateway/listener.ts';
import { type Authorize, operatorAuthorizer } from './gateway/operator.ts';
import { provideStreamingRuntime } from './gateway/response-stream.ts';
import { type SharedLimits, shareLimits } from './gateway/shared-limits.ts';
import type { TrustedProxies } from './gateway/trusted-proxies.ts';
import { noticeUnannouncedProxy } from './gateway/unannounced-proxy.ts';
import { giveBackMemory } from './give-back-memory.ts';
import type { HostOptions } from './host-options.ts';
import { hostSettings } from './host-settings.ts';
import { Invoker } from './invoke/invoker.ts';
import { beginsUpload, prepareFor } from './invoke/upload.ts';
import { makeLogger } from './logger.ts';
import { pumpBus } from './pumps/bus.ts';
import type { Pump } from './pumps/consume.ts';
import { pumpQueues, queueSettings } from './pumps/queues.ts';
import { runSchedules } from './pumps/scheduler.ts';
import { stopWithin } from './pumps/stop.ts';
import { standbyTrainer, trainerCommand, trainerMemory } from './trainer.ts';

export interface Host {
  readonly bases: Readonly<Record<SurfaceName, string>>;
  /** Registers the first account, as an invitation, while there is none and not anybody may register. */
  readonly bootstrapToken?: string;
  /**
   * Accepts no new work, finishes work in flight within seconds, and unlocks the folder. Unfinished work is resumed or
   * repeated when a host starts again.
   */
  close(): Promise<void>;
}

const BOOTSTRAP_BYTES = 32;
const PURGE_EVERY_MS = 60_000;
const CLOCK_EVERY_MS = 5000;
/** In the data folder, for the bodies of requests in flight. A hidden name does not mark the folder as someone else's. */
const SPOOL_FOLDER = '.bodies';
/** Likewise, where relative names find nothing. */
const EMPTY_FOLDER = '.empty';
/** When the host closes, work in flight may take so long to finish, such as reading a small dataset. */
const GRACE_MS = 5000;

/**
 * Starts everything on a folder. Throws an error with one line for the user if a port is in use, the folder cannot be
 * written, or another host runs on it.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const address = options.host ?? '127.0.0.1';
  const log = options.log ?? 'stderr';
  const logger = makeLogger('host', log);
  const onError = (error: unknown, where: string): void => logger.error(where, error as Error);
  const settings = hostSettings(options, address);

  for (const warning of options.warnings ?? []) logger.warn(warning);
  if (options.manager?.ignoresJwtSecret) {
    logger.warn('JWT_SECRET is ignored: tokens are signed with a key pair of the data folder');
  }
  const { trustedProxies = 0, publicUrl } = options;
  const noticeProxy = noticeUnannouncedProxy(trustedProxies, (message) => logger.warn(message));
  const baseUrls = new AsyncLocalStorage<string>();
  let boundBase = '';
  /** The base URL for the request that is being handled. */
  const baseUrl = (): string => publicUrl ?? baseUrls.getStore() ?? boundBase;
  const shared = {
    dir: options.dataDir,
    queues: queueSettings,
    backupCopies: options.backupCopies,
  };
  const bootstrap = settings.registration === 'open' ? undefined : randomBytes(BOOTSTRAP_BYTES).toString('base64url');
  if (options.ownsProcess) keepRelativeNames(process.env);
  const memory = trainerMemory(options.trainerMegabytes);
  const opened = await openEmbeddedHost({
    ...shared,
    baseUrl,
    newKeys: options.newKeys ?? false,
    computeCommand: (task) => trainerCommand(options.dataDir, memory.bytes, task),
    standby: standbyTrainer(options.dataDir, memory.bytes),
    memory,
    log: ({ task, stream, line }) => logger.info('trainer', { task: task?.id, stream, line }),
  });

  const adapters = { ...opened, bootstrapToken: bootstrap === undefined ? undefined : async () => bootstrap };

  const stops: (() => Promise<void>)[] = [() => adapters.close()];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    // Before anything native runs, and in a data folder that is this host's now.
    if (options.ownsProcess) await moveInto(join(options.dataDir, EMPTY_FOLDER));
    provideStreamingRuntime();
    const invoker = new Invoker({
      adapters,
      embedded: shared,
      baseUrl,
      settings,
      log,
      onCall: (_, event) => beginsUpload(event) && prepareFor(invoker, adapters),
    });
    stops.push(() => invoker.close());
    await invoker.warm('platform-api');

    const listeners = await listenAll(adapters, invoker, {
      address,
      portOffset: options.portOffset ?? 0,
      own: { manager: options.manager?.listen ?? {} },
      authorize: operatorAuthorizer({
        apiKeys: options.apiKeys ?? [],
        host: address,
        behindProxy: trustedProxies !== 0 || publicUrl !== undefined,
        account: () => operatorAccount(adapters.table, options.operator, adapters.now()),
      }),
      limits: shareLimits({ ...defaultLimits(settings.uploadBytes), ...options.limits }),
      spoolFolder: await emptyFolder(join(options.dataDir, SPOOL_FOLDER)),
      trustedProxies,
      withBaseUrl: (request, answer) => {
        noticeProxy(request);
        return baseUrls.run(baseUrlFor(request, trustedProxies), answer);
      },
      onError,
    });
    boundBase = listeners.platform.base;
    const pumps: Pump[] = [...pumpQueues(adapters, invoker, onError), pumpBus(adapters, invoker, onError)];
    stops.push(() => stopWithin(GRACE_MS, pumps, () => invoker.close()));
    await adapters.startCompute();
    const timers = [
      ...runSchedules(invoker, adapters.now, onError),
      every(PURGE_EVERY_MS, () => adapters.purge(), onError),
      every(CLOCK_EVERY_MS, () => correctClock(adapters, logger), onError),
    ];
    stops.push(async () => void (await Promise.all(timers.map((one) => one.stop()))));
    stops.push(async () => void (await Promise.all(Object.values(listeners).map((one) => one.listener.close()))));
    // Loads ONNX Runtime, so that the first prediction does not wait for it.
    invoker.warm('platform-predict').then(
      () => options.ownsProcess && giveBackMemory(),
      (error: unknown) => onError(error, 'platform-predict'),
    );
    return {
      bases: Object.fromEntries(Object.entries(listeners).map(([name, { base }]) => [name, base])) as Host['bases'],
      ...(bootstrap !== undefined && !(await adapters.table.get(keys.operator())) ? { bootstrapToken: bootstrap } : {}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Bound {
  readonly listener: Listener;
  readonly base: string;
}

async function listenAll(
  adapters: EmbeddedHost,
  invoker: Invoker,
  options: {
    address: string;
    portOffset: number | 'free';
    /** Surfaces that listen elsewhere. */
    own: Readonly<Partial<Record<SurfaceName, { readonly host?: string; readonly port?: number }>>>;
    authorize: Authorize;
    limits: SharedLimits;
    spoolFolder: string;
    trustedProxies: TrustedProxies;
    withBaseUrl: ListenerOptions['withBaseUrl'];
    onError: (error: unknown, where: string) => void;
  },
): Promise<Record<SurfaceName, Bound>> {
  const bound: [SurfaceName, Bound][] = [];
  for (const [name, surface] of Object.entries(surfaces) as [SurfaceName, Surface][]) {
    const { host = options.address, port } = options.own[name] ?? {};
    try {
      const listener = await listen({
        name,
        surface,
        host,
        port: port ?? (options.portOffset === 'free' ? 0 : surface.port + options.portOffset),
        invoker,
        limits: options.limits,
        spoolFolder: options.spoolFolder,
        before: (request, response, body) => adapters.servePresigned(request, response, body),
        trustedProxies: options.trustedProxies,
        withBaseUrl: options.withBaseUrl,
        now: adapters.now,
        authorize: (request) => options.authorize(request, surface.anonymous ?? []),
        onError: options.onError,
      });
      bound.push([name, { listener, base: `http://${urlHost(host)}:${listener.port}` }]);
    } catch (error) {
      await Promise.all(bound.map(([, one]) => one.listener.close()));
      throw error;
    }
  }
  return Object.fromEntries(bound) as Record<SurfaceName, Bound>;
}

/** Removes what a killed host may have left. */
async function emptyFolder(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** The URL's host for a bound address: loopback for a wildcard, and brackets around IPv6. */
function urlHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

function every(
  milliseconds: number,
  run: () => Promise<unknown>,
  onError: (error: unknown, where: string) => void,
): Pump {
  const timer = setInterval(() => run().catch((error: unknown) => onError(error, 'maintenance')), milliseconds);
  return { stop: async () => clearInterval(timer) };
}

async function correctClock(
  adapters: EmbeddedHost,
  logger: Pick<ReturnType<typeof makeLogger>, 'warn'>,
): Promise<void> {
  const milliseconds = await adapters.correctClock();
  if (milliseconds > 0) logger.warn('the clock went back; what waits for a time was moved', { milliseconds });
}
