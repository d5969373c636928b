/** The vault in this process, and an account that calls it. */
import { afterAll, beforeAll } from '@jest/globals';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeMatcher } from '#functions/http/match.ts';
import { makeHandler as makeApi } from '#functions/manager/api.ts';
import { makeHandler as makeFiles } from '#functions/manager/files.ts';
import { fileRoutes } from '#functions/manager/routes.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { type Answer, type Call, openPlatform, type Platform } from '#test/functions/platform/harness.ts';
import { accountOf } from '#test/functions/platform/listed-records.ts';

/** PBKDF2 with the fewest iterations: a derivation takes milliseconds. */
export const FAST = { use_scrypt: false, key_iterations: 100_000, hash_algorithm: 'sha256' };

export interface VaultWorld {
  readonly platform: Platform;
  readonly accountId: string;
  /** An API key of the account, which does not expire when a test moves the clock. */
  readonly key: string;
  /** Another key of it. */
  keyOf(scope: 'read' | 'train' | 'admin'): Promise<string>;
  /** A call below `/api/model-manager`, by the account unless it says by whom. */
  call(method: string, path: string, json?: unknown, more?: Partial<Call>): Promise<Answer>;
  /** A manager of its own: its id. */
  manager(config?: object): Promise<string>;
  save(manager: string, name: string, more?: object): Promise<Answer>;
  load(manager: string, name: string, password?: string, more?: Partial<Call>): Promise<Answer>;
}

export const FILE = Buffer.from(`a model ${'and its weights '.repeat(200)}`);
export const PASSWORD = 'secure_password_123';

/** A store of its own for all tests of a file; nobody reaches its rate limits. */
export function useVault(
  change: (adapters: Adapters) => Adapters = (adapters) => adapters,
  more: Parameters<typeof openPlatform>[0] = {},
): VaultWorld {
  let opened: { platform: Platform; token: string; id: string; key: string } | undefined;
  const get = () => {
    if (opened === undefined) throw new Error('the vault has not been opened');
    return opened;
  };
  let handlers: { api: HttpHandler; files: HttpHandler } | undefined;
  const match = makeMatcher(fileRoutes);
  const isOfFiles = (method: string, path: string): boolean => {
    try {
      match(method, path);
      return true;
    } catch {
      return false;
    }
  };
  let made = 0;
  beforeAll(async () => {
    const rates = { authenticatedPerHour: 1e9, anonymousPerHour: 1e9 };
    const platform = await openPlatform({ rates, ...more });
    const { settings } = platform;
    const logger = Object.fromEntries(
      ['debug', 'info', 'warn', 'error'].map((level) => [
        level,
        (...line: unknown[]) =>
          platform.logged.push(JSON.stringify(line, (_, v) => (v instanceof Error ? v.stack : v))),
      ]),
    ) as unknown as Parameters<typeof makeApi>[1]['logger'];
    const adapters = change(platform.store);
    handlers = {
      api: makeApi(permitted('manager-api', adapters), { settings, logger }),
      files: makeFiles(permitted('manager-files', adapters), { settings, logger }),
    };
    opened = { platform, key: '', ...(await accountOf(platform, 'ada')) };
    opened.key = await world.keyOf('admin');
  });
  afterAll(() => opened?.platform.close());

  const world: VaultWorld = {
    get platform() {
      return get().platform;
    },
    get key() {
      return get().key;
    },
    async keyOf(scope) {
      const { platform, token } = get();
      const json = { name: scope, scope };
      return (await platform.call({ method: 'POST', path: '/account/api-keys', token, json })).body.key;
    },
    get accountId() {
      return get().id;
    },
    call(method, below, json, more = {}) {
      const { platform, key } = get();
      const [path = '', text = ''] = `/api/model-manager${below}`.split('?');
      const query = Object.fromEntries(new URLSearchParams(text));
      const handler = isOfFiles(method, path) ? handlers!.files : handlers!.api;
      const headers = { 'x-api-key': key, ...more.headers };
      const body = json === undefined ? {} : { json };
      return platform.call({ surface: 'manager', method, path, query, ...body, ...more, headers }, handler);
    },
    async manager(config = {}) {
      const manager_id = `manager_${++made}`;
      const { status, body } = await world.call('POST', '/create', { manager_id, config: { ...FAST, ...config } });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return manager_id;
    },
    save: (manager, model_name, more = {}) =>
      world.call('POST', `/${manager}/models/save`, { model_name, model_data: FILE.toString('base64'), ...more }),
    load: (manager, model_name, password, more) =>
      world.call(
        'POST',
        `/${manager}/models/load`,
        { model_name, ...(password === undefined ? {} : { password }) },
        more,
      ),
  };
  return world;
}

export const bytesOf = ({ body }: Answer): Buffer => Buffer.from(body.model_data, 'base64');
