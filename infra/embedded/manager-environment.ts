/** The environment variables that the document of the model manager names. */
import type { Settings } from '#domain/settings.ts';
import { pathBelow } from '#domain/vault/names.ts';
import { UsageError } from '../command-line.ts';

export interface ManagerEnvironment {
  /** Where the surface listens, instead of where the others do. */
  readonly listen: { readonly host?: string; readonly port?: number };
  /** What new managers have by default. */
  readonly vault: Partial<Settings['vault']>;
  /** Whether a `JWT_SECRET` is set, which has no effect: tokens are signed with a key pair. */
  readonly ignoresJwtSecret: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `UsageError`. */
export function managerEnvironment(given: Environment): ManagerEnvironment {
  const host = given.MODEL_MANAGER_API_HOST;
  const port = numberOf(given, 'MODEL_MANAGER_API_PORT', { min: 1, max: 65_535, whole: true });
  const modelPath = pathOf(given, 'MODEL_PATH');
  const encryption = flagOf(given, 'ENABLE_ENCRYPTION');
  const backups = flagOf(given, 'BACKUP_ENABLED');
  const backupIntervalHours = numberOf(given, 'BACKUP_INTERVAL_HOURS', { min: 0.25, max: 8760, whole: false });
  return {
    listen: { ...(host === undefined || host === '' ? {} : { host }), ...(port === undefined ? {} : { port }) },
    vault: {
      ...(modelPath === undefined ? {} : { modelPath }),
      ...(encryption === undefined ? {} : { encryption }),
      ...(backups === undefined ? {} : { backups }),
      ...(backupIntervalHours === undefined ? {} : { backupIntervalHours }),
    },
    ignoresJwtSecret: (given.JWT_SECRET ?? '') !== '',
  };
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/** As Python writes them too: `True`. */
function flagOf(given: Environment, name: string): boolean | undefined {
  const text = given[name]?.trim().toLowerCase() ?? '';
  if (text === '') return undefined;
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new UsageError(`${name} must be true or false; got ${given[name]}`);
}

/** A folder may be written with a slash at its end. */
function pathOf(given: Environment, name: string): string | undefined {
  const text = given[name]?.trim() ?? '';
  if (text === '') return undefined;
  const path = pathBelow.safeParse(text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text);
  if (path.success) return path.data;
  throw new UsageError(`${name} ${path.error.issues[0]!.message}; got ${text}`);
}

function numberOf(
  given: Environment,
  name: string,
  { min, max, whole }: { readonly min: number; readonly max: number; readonly whole: boolean },
): number | undefined {
  const text = given[name]?.trim() ?? '';
  if (text === '') return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw new UsageError(`${name} must be a ${whole ? 'whole ' : ''}number between ${min} and ${max}; got ${text}`);
}
