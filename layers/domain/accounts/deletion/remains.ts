/** What the answer to a deletion says: what goes, and what stays for how long. */
import type { Settings } from '../../settings.ts';
import { isoTime } from '../../times.ts';
import type { ClosedAccount } from './close.ts';

export const DELETED: readonly string[] = [
  'users, sessions, API keys and invitations',
  'datasets and uploads',
  'training jobs with their logs and checkpoints',
  'models with their files, versions, aliases and notes',
  'predictions that were logged, and feedback on them',
  'the catalog with its history',
  'webhooks with their deliveries and events',
  'usage and notices',
];

export interface Remaining {
  readonly what: string;
  /** RFC 3339. */
  readonly until: string;
}

const DAY_MS = 86_400_000;

/** For so many days at the most. */
const MESSAGE_DAYS = 14;

/** Only what the installation has: on one machine there are neither backups nor earlier versions. */
export function remaining({ closed_at, quiet_at }: ClosedAccount, { retention }: Pick<Settings, 'retention'>) {
  const within = (days: number): string => isoTime(Date.parse(quiet_at) + days * DAY_MS);
  const { recoveryDays, backupDays, logDays } = retention;
  const kept: readonly (readonly [what: string, days: number])[] = [
    ['messages that could not be handled, and tasks of trainers: ids, and no contents', MESSAGE_DAYS],
    ['point-in-time recovery of the records, by the operator of this installation', recoveryDays],
    ['backups and earlier versions of files', backupDays],
    ['logs: ids, and no contents', logDays],
  ];
  const remains: Remaining[] = [
    { what: `the account's id, and that it was deleted on ${closed_at.slice(0, 10)}`, until: quiet_at },
    ...kept.filter(([, days]) => days > 0).map(([what, days]) => ({ what, until: within(days) })),
  ];
  return remains;
}
