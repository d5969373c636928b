import { TELEMETRY_OFF } from '#engine/telemetry.ts';
import { queues as queueSpecs } from '#infra/topology.ts';
import { type TrainerPlace, trainerSecondPrice } from '../cost/trainer.ts';
import { batchNames, trainingFunctionName, type World } from './world.ts';

const GIGABYTE = 1e9;

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/**
 * The variables that `layers/aws/wiring.ts` reads. Names are not secret, so every function gets all of them.
 * @param place where a trainer runs, for the price of its seconds
 */
export function environmentOf(
  world: Omit<World, 'programs' | 'alarms' | 'runtime'>,
  place?: TrainerPlace,
): Record<string, string> {
  const { data, queues, bus, installation } = world;
  const each = <T>(record: Readonly<Record<string, T>>, prefix: string, value: (of: T) => string) =>
    Object.fromEntries(Object.entries(record).map(([name, of]) => [`TRAINYARD_${prefix}_${upper(name)}`, value(of)]));
  const batch = batchNames(installation);
  const {
    trainingHours,
    capacityHours,
    misconfigurationMinutes,
    backupDays,
    logDays,
    jobDays,
    historyDays,
    registration,
  } = installation.settings;
  const trainingSeconds = trainingHours * 3600;
  // Not before Batch itself cancels the job: it has the reason.
  const waitingSeconds = Math.max(capacityHours * 3600, misconfigurationMinutes * 60);
  const { backupCopiesBucket: copies, backupCopiesRegion: copiesRegion } = installation.settings;
  const price = place && { trainerSecondPrice: trainerSecondPrice(place, installation.settings) };
  return {
    ...TELEMETRY_OFF,
    TRAINYARD_TABLE: data.table.tableName,
    ...each(data.buckets.byName, 'BUCKET', (bucket) => bucket.bucketName),
    ...(copies === undefined ? {} : { TRAINYARD_BUCKET_COPIES: copies }),
    ...(copiesRegion === undefined ? {} : { TRAINYARD_COPIES_REGION: copiesRegion }),
    ...each(queues, 'QUEUE', (queue) => queue.queueUrl),
    ...each(queues, 'DEAD', (queue) => queue.dead.queueUrl),
    ...each(queueSpecs, 'RECEIVES', ({ maxReceives }) => String(maxReceives)),
    TRAINYARD_BUS: bus.eventBusName,
    TRAINYARD_KEY_TOKENS: data.keys.tokens.keyArn,
    ...(data.bootstrap ? { TRAINYARD_BOOTSTRAP_SECRET: data.bootstrap.secretArn } : {}),
    TRAINYARD_KEY_DATA: data.keys.data.keyArn,
    ...each(batch, 'BATCH_QUEUE', ({ queue }) => queue),
    ...each(batch, 'BATCH_DEFINITION', ({ definition }) => definition),
    TRAINYARD_TRAINING_FUNCTION: trainingFunctionName(installation),
    TRAINYARD_SETTINGS: JSON.stringify({
      trainingSeconds,
      waitingSeconds,
      retention: { backupDays, logDays, jobDays, historyDays },
      registration,
      rates: {
        authenticatedPerHour: installation.settings.requestsPerHour,
        anonymousPerHour: installation.settings.anonymousRequestsPerHour,
      },
      caps: {
        jobs: installation.settings.maxJobs,
        jobsPerAccount: installation.settings.maxJobsPerAccount,
        storedBytes: installation.settings.maxGigabytes * GIGABYTE,
        storedBytesPerAccount: installation.settings.maxGigabytesPerAccount * GIGABYTE,
      },
      datasetReaders: installation.settings.consumers.datasets,
      ...price,
      ...installation.settings.application,
    }),
  };
}
