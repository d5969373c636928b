import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { RATES } from '#domain/limits.ts';
import { REGISTRATION, type Registration } from '#domain/settings.ts';
import { urlFault } from '#outgoing/url.ts';
import { UsageError } from '../command-line.ts';
import { parsePublicUrl } from './gateway/base-url.ts';
import { BODY_SECONDS, CONNECTIONS_PER_ADDRESS, type GatewayLimits } from './gateway/limits.ts';
import { LOOPBACK } from './gateway/loopback-origins.ts';
import { parseTrustedProxies, type TrustedProxies } from './gateway/trusted-proxies.ts';
import { type Caps, INSTALLATION_OPTIONS, INSTALLATION_USAGE, installationOptions } from './installation-options.ts';
import { type ManagerEnvironment, managerEnvironment } from './manager-environment.ts';
import { wholeNumber } from './whole-number.ts';

export interface Arguments {
  readonly dataDir: string;
  readonly host: string;
  readonly portOffset: number | 'free';
  readonly operator?: string;
  readonly apiKeys: readonly string[];
  /** To be logged at the start. */
  readonly warnings: readonly string[];
  readonly limits: Pick<GatewayLimits, 'bodySeconds' | 'connectionsPerAddress'>;
  readonly webhooksToLoopback: boolean;
  readonly newKeys: boolean;
  readonly registration: Registration;
  /** Requests an hour of each account, and of each address without one. */
  readonly rates: { readonly authenticatedPerHour: number; readonly anonymousPerHour: number };
  readonly caps: Caps;
  /** Megabytes of one trainer. Default: three quarters of the machine's. */
  readonly trainerMegabytes?: number;
  /** Days for which the records of ended jobs are stored. */
  readonly jobDays: number;
  readonly historyDays: number;
  /** Default: all, or of a host on loopback those on loopback. */
  readonly corsOrigins?: readonly string[];
  readonly trustedProxies?: TrustedProxies;
  readonly publicUrl?: string;
  readonly backupCopies?: string;
  readonly manager: ManagerEnvironment;
  readonly hub?: { readonly url?: string; readonly token?: string; readonly tokenFor?: readonly string[] };
  readonly encoderFolder?: string;
}

export const USAGE = `Usage: npm start [-- OPTIONS]

  --data DIR         the data folder (default: .trainyard/data)
  --host ADDRESS     the address to bind (default: 127.0.0.1, this machine only)
  --port-offset N    added to every port, 0 to 50000 (default: 0); "free" takes free ports
  --operator NAME    the user whose account local calls without credentials are taken for, on surfaces that take them
                     (default: the first user who registered)
  --registration WHO who may register: open, invite or closed (default: open)
  --requests-per-hour N, --anonymous-requests-per-hour N
                     how many requests an account, and an address without an account, may make in an hour
                     (default: ${RATES.authenticatedPerHour}, ${RATES.anonymousPerHour})
${INSTALLATION_USAGE}
  --body-timeout S   seconds without progress after which a request body times out (default: ${BODY_SECONDS})
  --connections-per-address N
                     concurrent connections of one address (default: ${CONNECTIONS_PER_ADDRESS})
  --backup-copies DIR
                     a folder, on another disk, to which the backups of the vault are copied
  --webhooks-to-loopback
                     lets webhooks be delivered to this machine, over http too
  --new-keys         makes keys that are missing from the data folder anew although there are accounts
  --trust-proxy WHO  reverse proxies whose X-Forwarded-… headers are trusted: their addresses and networks, or loopback,
                     linklocal and uniquelocal, separated by commas; or how many proxies there are in a row
  --public-url URL   the address at which callers reach this host; presigned URLs begin with it
                     (default: the address to which the caller is connected)
  --hub-url URL      the hub from which pretrained encoders are loaded (default: https://huggingface.co)
  --hub-token-for LIST
                     repositories of the hub that are loaded with HF_TOKEN, as owner/name or all of an owner, separated by
                     commas (default: none); any account may train with what is loaded
  --encoder-folder DIR
                     a folder with encoders as a hub has them (DIR/owner/name/config.json, …), which is looked at first
  --help             this text

HF_TOKEN=TOKEN in the environment: for repositories of --hub-token-for that are not open to all.
API_KEYS=KEY1,KEY2: API keys of the operator. MODEL_MANAGER_API_HOST, MODEL_MANAGER_API_PORT,
MODEL_PATH, ENABLE_ENCRYPTION, BACKUP_ENABLED and BACKUP_INTERVAL_HOURS: of the vault of models.`;

/** The largest offset that keeps every port of the topology below 65536. */
const LARGEST_OFFSET = 50_000;

/** Reads the command line of `npm start`. `undefined` where help was asked for. Throws `UsageError`. */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Arguments | undefined {
  const { data, host, help, operator, 'port-offset': offset, ...rest } = parse(args);
  if (help) return undefined;
  const portOffset = offset === 'free' ? offset : Number(offset);
  if (portOffset !== 'free' && (!/^\d+$/.test(offset) || portOffset > LARGEST_OFFSET)) {
    throw new UsageError(
      `--port-offset must be a whole number between 0 and ${LARGEST_OFFSET}, or free; got ${offset}`,
    );
  }
  if (data === '' || host === '') throw new UsageError(`${data === '' ? '--data' : '--host'} must not be empty`);
  const { 'trust-proxy': trust, 'public-url': publicUrl } = rest;
  const manager = managerEnvironment(environment);
  const { host: managerHost = host } = manager.listen;
  const bound = LOOPBACK.test(host) && LOOPBACK.test(managerHost);
  const apiKeys = keysOf(environment.API_KEYS);
  return {
    dataDir: resolve(data),
    host,
    portOffset,
    ...(operator === undefined ? {} : { operator }),
    apiKeys,
    ...weakKeys(apiKeys, bound && trust === undefined && publicUrl === undefined),
    webhooksToLoopback: rest['webhooks-to-loopback'],
    newKeys: rest['new-keys'],
    registration: registrationOf(rest.registration),
    rates: {
      authenticatedPerHour: wholeNumber('--requests-per-hour', rest['requests-per-hour'], MOST_REQUESTS),
      anonymousPerHour: wholeNumber(
        '--anonymous-requests-per-hour',
        rest['anonymous-requests-per-hour'],
        MOST_REQUESTS,
      ),
    },
    ...installationOptions(rest),
    manager,
    limits: {
      bodySeconds: wholeNumber('--body-timeout', rest['body-timeout'], 3600),
      connectionsPerAddress: wholeNumber('--connections-per-address', rest['connections-per-address'], 1_000_000),
    },
    ...(trust === undefined ? {} : { trustedProxies: parseTrustedProxies(trust) }),
    ...(rest['backup-copies'] === undefined ? {} : { backupCopies: copiesFolder(rest['backup-copies'], data) }),
    ...(publicUrl === undefined ? {} : { publicUrl: parsePublicUrl(publicUrl) }),
    ...hubOf(rest['hub-url'], environment.HF_TOKEN || undefined, rest['hub-token-for']),
    ...encoderFolderOf(rest['encoder-folder']),
  };
}

/** Whoever loses the data folder must not lose the copies with it. */
function copiesFolder(given: string, data: string): string {
  const folder = resolve(given);
  const below = relative(resolve(data), folder);
  const isWithin = below === '' || (below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below));
  if (given === '' || isWithin) {
    throw new UsageError(`--backup-copies must be a folder outside of ${resolve(data)}; got ${given}`);
  }
  return folder;
}

const MOST_REQUESTS = 1_000_000_000;

function registrationOf(given: string): Registration {
  const known = REGISTRATION.find((one) => one === given);
  if (known) return known;
  throw new UsageError(`--registration must be one of ${REGISTRATION.join(', ')}; got ${given}`);
}

function hubOf(url: string | undefined, token: string | undefined, listed: string | undefined): Pick<Arguments, 'hub'> {
  const fault = url === undefined ? undefined : urlFault(url, { loopback: true });
  if (fault !== undefined) throw new UsageError(`--hub-url ${fault}`);
  const tokenFor = listed?.split(',').map((one) => one.trim());
  const wrong = tokenFor?.find((one) => !/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/.test(one));
  if (wrong !== undefined) {
    throw new UsageError(`--hub-token-for must list repositories (owner/name) or owners; got ${wrong || 'nothing'}`);
  }
  if (tokenFor && token === undefined) throw new UsageError('--hub-token-for needs a token in HF_TOKEN');
  if (url === undefined && token === undefined) return {};
  return {
    hub: {
      ...(url === undefined ? {} : { url }),
      ...(token === undefined ? {} : { token }),
      ...(tokenFor === undefined ? {} : { tokenFor }),
    },
  };
}

function encoderFolderOf(folder: string | undefined): Pick<Arguments, 'encoderFolder'> {
  if (folder === undefined) return {};
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw new UsageError(`--encoder-folder must be a folder; got ${folder || 'nothing'}`);
  return { encoderFolder: resolve(folder) };
}

/** Where others can call, a key that can be guessed would open everything. */
const KEY_CHARACTERS = 16;

const keysOf = (given: string | undefined): string[] =>
  (given ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');

/** The keys that the document of the vault prints work as it says, also where others can call: then with a warning. */
function weakKeys(keys: readonly string[], local: boolean): Pick<Arguments, 'warnings'> {
  const short = local ? [] : keys.flatMap((key, i) => (key.length < KEY_CHARACTERS ? [i + 1] : []));
  if (short.length === 0) return { warnings: [] };
  const numbers = `${short.length === 1 ? 'number' : 'numbers'} ${short.join(', ')}`;
  return {
    warnings: [
      `API_KEYS should be of ${KEY_CHARACTERS} characters or more where others can call; ${numbers} can be guessed, and whoever has one is the operator`,
    ],
  };
}

/** A negative number after an option is its value, which is refused with its bounds. */
const withNegatives = (args: readonly string[]): string[] =>
  args.reduce<string[]>((all, one) => {
    const before = all.at(-1);
    if (before !== undefined && /^--[a-z-]+$/.test(before) && /^-\d/.test(one)) all.splice(-1, 1, `${before}=${one}`);
    else all.push(one);
    return all;
  }, []);

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: withNegatives(args),
      options: {
        data: { type: 'string', default: '.trainyard/data' },
        host: { type: 'string', default: '127.0.0.1' },
        'port-offset': { type: 'string', default: '0' },
        operator: { type: 'string' },
        'body-timeout': { type: 'string', default: String(BODY_SECONDS) },
        'connections-per-address': { type: 'string', default: String(CONNECTIONS_PER_ADDRESS) },
        registration: { type: 'string', default: 'open' },
        'requests-per-hour': { type: 'string', default: String(RATES.authenticatedPerHour) },
        'anonymous-requests-per-hour': { type: 'string', default: String(RATES.anonymousPerHour) },
        'backup-copies': { type: 'string' },
        'webhooks-to-loopback': { type: 'boolean', default: false },
        ...INSTALLATION_OPTIONS,
        'new-keys': { type: 'boolean', default: false },
        'trust-proxy': { type: 'string' },
        'public-url': { type: 'string' },
        'hub-url': { type: 'string' },
        'hub-token-for': { type: 'string' },
        'encoder-folder': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]!);
  }
}
