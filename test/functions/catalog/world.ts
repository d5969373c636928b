/** The catalog in this process, and an account that calls it. */
import { afterAll, beforeAll } from '@jest/globals';
import { type Answer, type Call, openPlatform, type Platform } from '#test/functions/platform/harness.ts';
import { accountOf } from '#test/functions/platform/listed-records.ts';

export const CLAUDE = {
  name: 'Claude 3 Opus',
  model_id: 'claude-3-opus',
  description: 'Most capable Claude model',
  is_active: true,
  max_tokens: 200_000,
  temperature: 0.5,
  top_p: 0.9,
  region: 'us-west-2',
} as const;

export interface CatalogWorld {
  readonly platform: Platform;
  /** Of the account `ada`. */
  readonly token: string;
  readonly accountId: string;
  /** `POST /api/v1/models/WHAT` by the account, unless the call says by whom. */
  call(what: string, json?: unknown, more?: Partial<Call>): Promise<Answer>;
  /** The same as whoever works at the machine, without credentials: their account is the same one. */
  asOperator(what: string, json?: unknown): Promise<Answer>;
  /** Creates a model; resolves with it. */
  created(given?: object): Promise<Answer['body']>;
}

/** A store of its own for all tests of a file; nobody reaches its rate limits. */
export function useCatalog(settings: Parameters<typeof openPlatform>[0] = {}): CatalogWorld {
  let opened: { platform: Platform; token: string; id: string } | undefined;
  const get = () => {
    if (opened === undefined) throw new Error('the catalog has not been opened');
    return opened;
  };
  let made = 0;
  beforeAll(async () => {
    const platform = await openPlatform({ rates: { authenticatedPerHour: 1e9, anonymousPerHour: 1e9 }, ...settings });
    opened = { platform, ...(await accountOf(platform, 'ada')) };
  });
  afterAll(() => opened?.platform.close());

  const call: CatalogWorld['call'] = (what, json, more = {}) => {
    const { platform, token } = get();
    const path = `/api/v1/models/${what}`;
    return platform.call({ surface: 'catalog', method: 'POST', path, token, json, ...more });
  };
  return {
    get platform() {
      return get().platform;
    },
    get token() {
      return get().token;
    },
    get accountId() {
      return get().id;
    },
    call,
    asOperator(what, json) {
      const path = `/api/v1/models/${what}`;
      return get().platform.call({ surface: 'catalog', method: 'POST', path, json, operator: get().id });
    },
    async created(given = {}) {
      const { body } = await call('create', { name: 'Model', model_id: `model-${++made}`, ...given });
      if (body.code !== 0) throw new Error(body.message);
      return body.data;
    },
  };
}
