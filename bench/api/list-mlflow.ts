import type { Bench } from '../bench.ts';
import { type MlflowServer, startMlflow } from '../peers/mlflow.ts';
import { compare } from './comparison.ts';
import { HERE } from './host/host.ts';
import { startLoad } from './load/load.ts';
import { openOurs } from './ours.ts';
import type { Authorized, Request } from './requests.ts';

const COUNTS = [100, 100_000];
const LIMIT = 10;
const SECONDS = 40;
const SLICES = 4;

/** A page of models in an order that both have. */
interface Row {
  readonly name: string;
  readonly ours: (page: number) => Omit<Request, 'name' | 'token'>;
  readonly theirs: (of: MlflowServer, page: number) => Omit<Request, 'name' | 'token'>;
}

/** MLflow has no page numbers: its token is the number of entries before the page, and the first page has none. */
function tokenOf(page: number): { readonly page_token?: string } {
  if (page === 1) return {};
  return { page_token: Buffer.from(JSON.stringify({ offset: (page - 1) * LIMIT })).toString('base64') };
}

const search = (options: Readonly<Record<string, string>>): string =>
  `/api/2.0/mlflow/registered-models/search?${new URLSearchParams(options)}`;

const rows: readonly Row[] = [
  {
    name: 'name',
    ours: (page) => ({ method: 'GET', path: `/models?limit=${LIMIT}&sort_by=name&page=${page}` }),
    theirs: (_, page) => ({
      method: 'GET',
      path: search({ max_results: String(LIMIT), order_by: 'name ASC', ...tokenOf(page) }),
    }),
  },
  {
    name: 'accuracy',
    ours: (page) => ({ method: 'GET', path: `/models?limit=${LIMIT}&sort_by=accuracy&page=${page}` }),
    theirs: ({ experiment }, page) => ({
      method: 'POST',
      path: '/api/2.0/mlflow/runs/search',
      body: {
        experiment_ids: [experiment],
        max_results: LIMIT,
        order_by: ['metrics.accuracy DESC'],
        ...tokenOf(page),
      },
    }),
  },
];

const benchOf = ({ name, ours, theirs }: Row, models: number): Bench => ({
  name: `api/list/${name}-${models}`,
  unit: 'requests/s',
  run: async ({ seconds = SECONDS, cpuProfile } = {}) => {
    await using load = startLoad();
    await using host = await openOurs({ checkout: HERE, models, cpuProfile });
    await using peer = await startMlflow(models);
    const pages = { first: 1, middle: models / LIMIT / 2 };
    const kinds = (requestOf: (page: number) => Omit<Request, 'name'>) =>
      Object.entries(pages).map(([name, page]) => ({ name, weight: 1, ...requestOf(page) }));
    const { token }: Authorized = host.account;
    return await compare(
      load,
      { clients: 1, seconds, slices: SLICES },
      { ...host, kinds: kinds((page) => ({ ...ours(page), token })) },
      peer && { ...peer, kinds: kinds((page) => theirs(peer, page)) },
    );
  },
});

/** A page in the order of names or of a metric, the first and one of the middle, beside `mlflow server` on SQLite. */
export const benches: readonly Bench[] = rows.flatMap((row) => COUNTS.map((count) => benchOf(row, count)));
