import { basename, extname } from 'node:path';
import { parseCommandLine, UsageError } from '../command-line.ts';
import { platformUrl } from '../smoke/platform-url.ts';

export interface Arguments {
  readonly file: string;
  readonly base: string;
  readonly user: string;
  readonly password: string;
  readonly name: string;
  readonly target?: string;
  readonly type?: DatasetType;
}

const TYPES = ['classification', 'regression'] as const;
type DatasetType = (typeof TYPES)[number];

export const USAGE = `Usage: TRAINYARD_PASSWORD=… npm run upload -- FILE BASE_URL --user NAME [OPTIONS]

  FILE               a CSV file of any size
  BASE_URL           of a platform, such as http://127.0.0.1:8000
  --user NAME        the account; its password is in the environment variable TRAINYARD_PASSWORD
  --name NAME        the dataset's name (default: the file's name without its extension)
  --target COLUMN    the column to predict (default: inferred)
  --type TYPE        classification or regression (default: inferred)
  --help             this text`;

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
  user: { type: 'string' },
  name: { type: 'string' },
  target: { type: 'string' },
  type: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Parses the command line of `npm run upload`. `undefined` for `--help`. Throws `UsageError`, `PlatformUrlError`. */
export function readArguments(args: readonly string[], environment: Environment): Arguments | undefined {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (values.help) return undefined;
  const [file, base, ...more] = positionals;
  if (file === undefined) throw new UsageError('FILE is missing; see --help');
  if (more.length > 0) throw new UsageError(`There must be one FILE and one BASE_URL; got ${more.join(' ')} as well`);
  const url = platformUrl(base);
  const { user, name = basename(file, extname(file)), target, type } = values;
  if (!user) throw new UsageError('--user NAME is missing; see --help');
  const { TRAINYARD_PASSWORD: password } = environment;
  if (!password) throw new UsageError(`TRAINYARD_PASSWORD must be the password of ${user}; it is not set`);
  return {
    file,
    base: url,
    user,
    password,
    name,
    ...(target === undefined ? {} : { target }),
    ...(type === undefined ? {} : { type: typeOf(type) }),
  };
}

function typeOf(given: string): DatasetType {
  const type = TYPES.find((one) => one === given);
  if (type === undefined) throw new UsageError(`--type must be ${TYPES.join(' or ')}; got ${given}`);
  return type;
}
