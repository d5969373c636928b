/** Options of `npm start` that say how much there may be, and for how long. */
import { LIMITS } from '#domain/limits.ts';
import { UsageError } from '../command-line.ts';
import { ORIGIN, originOf } from '../origins.ts';
import { wholeNumber } from './whole-number.ts';

/** What may be at once; see `layers/domain/settings.ts`. */
export interface Caps {
  readonly jobs?: number;
  readonly jobsPerAccount: number;
  readonly storedBytes?: number;
  readonly storedBytesPerAccount?: number;
}

const JOB_DAYS = 365;
const HISTORY_DAYS = 1095;
const MOST_DAYS = 3650;
const MOST = 1_000_000;
const GIGABYTE = 1e9;
/** Megabytes that the smallest training takes, most of them for the process itself. */
const LEAST_TRAINER = 400;

export const INSTALLATION_OPTIONS = {
  'max-jobs': { type: 'string' },
  'max-jobs-per-account': { type: 'string', default: String(LIMITS.activeJobs) },
  'max-gigabytes': { type: 'string' },
  'max-gigabytes-per-account': { type: 'string' },
  'trainer-memory': { type: 'string' },
  'job-days': { type: 'string', default: String(JOB_DAYS) },
  'history-days': { type: 'string', default: String(HISTORY_DAYS) },
  'cors-origins': { type: 'string' },
} as const;

export const INSTALLATION_USAGE = `  --max-jobs N, --max-jobs-per-account N
                     training jobs that are queued or running, of all accounts and of one (default: any number, ${LIMITS.activeJobs})
  --max-gigabytes N, --max-gigabytes-per-account N
                     what is stored, of all accounts and of one (default: as much as the disk has room for)
  --trainer-memory M megabytes of memory that one training may take (at least ${LEAST_TRAINER}; default: three quarters of the machine's)
  --job-days N       days for which ended jobs, sweeps and batch predictions are stored, 0 for ever (default: ${JOB_DAYS})
  --history-days N   days for which superseded changes of the catalog are stored, 0 for ever (default: ${HISTORY_DAYS})
  --cors-origins URL,URL
                     origins whose pages may call from a browser, or * (default: those on this machine; all where others can call)`;

type Given = Readonly<Partial<Record<keyof typeof INSTALLATION_OPTIONS, string | undefined>>>;

/** Throws `UsageError`. */
export function installationOptions(given: Given) {
  const optional = (option: keyof Given, { scale = 1, least = 1 } = {}) => {
    const text = given[option];
    return text === undefined ? undefined : wholeNumber(`--${option}`, text, MOST, least) * scale;
  };
  const jobs = optional('max-jobs');
  const storedBytes = optional('max-gigabytes', { scale: GIGABYTE });
  const storedBytesPerAccount = optional('max-gigabytes-per-account', { scale: GIGABYTE });
  const trainerMegabytes = optional('trainer-memory', { least: LEAST_TRAINER });
  const origins = given['cors-origins'] === undefined ? undefined : originsOf(given['cors-origins']);
  const caps: Caps = {
    jobsPerAccount: optional('max-jobs-per-account')!,
    ...(jobs === undefined ? {} : { jobs }),
    ...(storedBytes === undefined ? {} : { storedBytes }),
    ...(storedBytesPerAccount === undefined ? {} : { storedBytesPerAccount }),
  };
  return {
    caps,
    jobDays: wholeNumber('--job-days', given['job-days'] ?? '', MOST_DAYS, 0),
    historyDays: wholeNumber('--history-days', given['history-days'] ?? '', MOST_DAYS, 0),
    ...(trainerMegabytes === undefined ? {} : { trainerMegabytes }),
    ...(origins === undefined ? {} : { corsOrigins: origins }),
  };
}

function originsOf(given: string): readonly string[] {
  const all = given.split(',').map((one) => one.trim());
  const odd = all.find((one) => originOf(one) === undefined);
  if (odd === undefined) return all.map((one) => originOf(one)!);
  throw new UsageError(`--cors-origins must each be ${ORIGIN}; got ${odd || 'nothing'}`);
}
