import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { parseCommandLine, UsageError } from '../command-line.ts';
import { platformUrl } from '../smoke/platform-url.ts';

export interface Arguments {
  readonly action: 'save' | 'load';
  readonly file: string;
  /** Of the vault. */
  readonly base: string;
  readonly apiKey: string;
  readonly manager: string;
  readonly model: string;
  /** `undefined`: to be asked for, where somebody can answer. */
  readonly password?: string;
  readonly replace: boolean;
  readonly sign: boolean;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const USAGE = `Usage: TRAINYARD_API_KEY=… npm run vault -- save|load FILE BASE_URL --manager ID [OPTIONS]

  save               saves FILE as a model of the vault, in parts; begun again, it goes on where it was, but Ctrl-C gives up
  load               loads a model of the vault into FILE; begun again, it goes on where it was
  BASE_URL           of a vault, such as http://127.0.0.1:8004
  --manager ID       the manager; TRAINYARD_API_KEY is a key of its account
  --model NAME       the model (default: the file's name without its extension)
  --password-file F  a file whose first line is the model's password; or the environment variable
                     TRAINYARD_MODEL_PASSWORD; otherwise a terminal is asked, where an empty line means none
  --replace          save: replaces a model of that name; load: replaces FILE
  --sign             save: signs with the platform's key
  --tags A,B         save: tags
  --metadata FILE    save: a JSON file with the model's metadata
  --help             this text`;

type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = {
  manager: { type: 'string' },
  model: { type: 'string' },
  'password-file': { type: 'string' },
  replace: { type: 'boolean', default: false },
  sign: { type: 'boolean', default: false },
  tags: { type: 'string' },
  metadata: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Parses the command line of `npm run vault`. `undefined` for `--help`. Throws `UsageError`, `PlatformUrlError`. */
export function readArguments(args: readonly string[], environment: Environment): Arguments | undefined {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (values.help) return undefined;
  const [action, file, base, ...more] = positionals;
  if (action !== 'save' && action !== 'load') {
    throw new UsageError(`The first word must be save or load; got ${action ?? 'none'}; see --help`);
  }
  if (file === undefined) throw new UsageError('FILE is missing; see --help');
  if (more.length > 0) throw new UsageError(`There must be one FILE and one BASE_URL; got ${more.join(' ')} as well`);
  const { manager, model = basename(file, extname(file)), replace, sign, tags = '', metadata } = values;
  if (!manager) throw new UsageError('--manager ID is missing; see --help');
  const { TRAINYARD_API_KEY: apiKey } = environment;
  if (!apiKey) throw new UsageError('TRAINYARD_API_KEY must be an API key; it is not set');
  const password = passwordOf(values['password-file'], environment);
  return {
    action,
    file,
    base: platformUrl(base),
    apiKey,
    manager,
    model,
    replace,
    sign,
    tags: tags.split(',').filter((tag) => tag !== ''),
    metadata: metadata === undefined ? {} : jsonOf(metadata),
    ...(password === undefined ? {} : { password }),
  };
}

/** Never from the command line, which every user of a machine can see. */
function passwordOf(file: string | undefined, { TRAINYARD_MODEL_PASSWORD: given }: Environment): string | undefined {
  if (file === undefined) return given;
  return read(file, '--password-file').split(/\r?\n/, 1)[0] ?? '';
}

function jsonOf(file: string): Readonly<Record<string, unknown>> {
  const text = read(file, '--metadata');
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // As a list or a number.
  }
  throw new UsageError(`--metadata must be a file with a JSON object; ${file} has none`);
}

function read(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option} cannot be read: ${(error as Error).message}`);
  }
}
