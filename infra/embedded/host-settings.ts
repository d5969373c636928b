/** The settings that the handlers of a one-machine host get, from its options. */
import { availableParallelism } from 'node:os';
import { LIMITS } from '#domain/limits.ts';
import { parseSettings, type Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { queues } from '../topology.ts';
import { LOOPBACK, LOOPBACK_ORIGINS } from './gateway/loopback-origins.ts';
import type { HostOptions } from './host-options.ts';

/** The largest upload in one request; on one machine no gateway limits it. Larger files are uploaded in parts. */
const UPLOAD_BYTES = 32 * 1024 * 1024;

/** @param address that is bound */
export function hostSettings(options: HostOptions, address: string): Settings {
  return parseSettings({
    uploadBytes: UPLOAD_BYTES,
    webhooksToLoopback: options.webhooksToLoopback ?? false,
    registration: options.registration ?? 'open',
    rates: options.rates,
    datasetReaders: queues.datasets.concurrency,
    readingThreads: Math.min(LIMITS.readingThreads, availableParallelism()),
    startedAt: isoTime(Date.now()),
    vault: options.manager?.vault,
    // A few seconds of a disk, for all requests together.
    vaultBytesAtOnce: 600_000_000,
    ...(options.hub?.url === undefined ? {} : { hubUrl: options.hub.url }),
    ...(options.hub?.token === undefined ? {} : { hubToken: options.hub.token }),
    ...(options.hub?.tokenFor === undefined ? {} : { hubTokenFor: [...options.hub.tokenFor] }),
    ...(options.encoderFolder === undefined ? {} : { encoderFolder: options.encoderFolder }),
    retention: {
      recoveryDays: 0,
      backupDays: 0,
      logDays: 0,
      jobDays: options.jobDays,
      historyDays: options.historyDays,
    },
    caps: options.caps,
    corsOrigins: [...(options.corsOrigins ?? defaultOrigins(options, address))],
    ...options.settings,
  });
}

/** Others can call a host behind a proxy, or on another address: their pages can, too, because tokens are sent in a header. */
function defaultOrigins({ trustedProxies, publicUrl }: HostOptions, address: string): readonly string[] {
  const isLocal = LOOPBACK.test(address) && trustedProxies === undefined && publicUrl === undefined;
  return isLocal ? LOOPBACK_ORIGINS : ['*'];
}
