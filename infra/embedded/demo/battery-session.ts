/** Battery prognostics over HTTP: cells are generated, three families learn from some, and are tested on another. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { components, paths } from '#client/platform/schema.ts';
import { type Cell, FEATURES, writeCells } from '#learning/battery/cells.ts';
import { generateCells } from '#learning/battery/generate.ts';
import type { Terminal } from './terminal.ts';

const POLL_MS = 150;
const WINDOW = 10;
/** The cells of case A. The last one is kept back. */
const NUMBERS = [91, 100, 124];
const SEED = 1;
const COMMON = { batch_size: 64, epochs: 40, seed: 1 };
const FAMILIES = {
  baseline: COMMON,
  deephpm: { ...COMMON, weighting: 'sum' },
  bilstm: { ...COMMON, epochs: 10, window: WINDOW, hidden_size: 16 },
} as const;

type Client = ReturnType<typeof makeClient<paths>>;
type Inputs = NonNullable<components['schemas']['PredictionRequest']['inputs']>;

/** Resolves with the RMSPE of the state of health of a cell that was kept back, by model type. */
export async function runBatterySession(
  base: string,
  terminal: Terminal,
  life: readonly [number, number] = [250, 400],
  pollMs: number = POLL_MS,
): Promise<Readonly<Record<string, number>>> {
  const credentials: Credentials = {};
  const client = makeClient<paths>(base, credentials);
  const username = `ada-${randomBytes(3).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const person = { username, password, email: `${username}@example.com`, full_name: 'Ada' };
  await answer(client.POST('/auth/register', { body: person }));
  credentials.token = (await answer(client.POST('/auth/login', { body: { username, password } }))).access_token;

  const cells = generateCells({ seed: SEED, numbers: NUMBERS, life });
  const test = cells.at(-1)!;
  const learned = cells.slice(0, -1);
  const dataset = await upload(client, writeCells(learned), pollMs);
  terminal.step('Uploaded generated cells', `${learned.map(({ name }) => name).join(', ')}; ${test.name} is kept back`);
  const errors: Record<string, number> = {};
  for (const [model_type, hyperparameters] of Object.entries(FAMILIES) as [keyof typeof FAMILIES, object][]) {
    const body = { dataset_id: dataset, model_type, hyperparameters: { ...hyperparameters }, validation_split: 0 };
    const { job_id } = await answer(client.POST('/training/start', { body }));
    await trained(client, terminal, job_id, pollMs);
    const { model_id } = await answer(client.GET('/training/results/{job_id}', { params: { path: { job_id } } }));
    const error = await errorOf(client, model_id, test, model_type === 'bilstm');
    errors[model_type] = error;
    terminal.step(`Tested ${model_type}`, `RMSPE of the state of health ${error.toFixed(4)}`);
  }
  const latest = test.cycles.at(-WINDOW)!.capacity_loss;
  terminal.say(
    `    ${test.name} has lost ${(100 * latest).toFixed(1)} % of its capacity ${WINDOW} cycles before its end`,
  );
  return errors;
}

async function upload(client: Client, csv: string, pollMs: number): Promise<string> {
  const body = {
    file: new File([csv], 'cells.csv', { type: 'text/csv' }),
    name: 'Battery cells',
    target: 'capacity_loss',
    dataset_type: 'regression' as const,
    columns: JSON.stringify({ cell: { role: 'group' }, remaining_life: { role: 'ignore' } }),
  };
  const { id } = await answer(client.POST('/datasets/upload', { body }));
  for (;;) {
    const dataset = await answer(client.GET('/datasets/{dataset_id}', { params: { path: { dataset_id: id } } }));
    if (dataset.status === 'ready') return id;
    if (dataset.status === 'failed') throw new Error(`the dataset failed: ${JSON.stringify(dataset.error)}`);
    await pause(pollMs);
  }
}

async function trained(client: Client, terminal: Terminal, job_id: string, pollMs: number): Promise<void> {
  for (;;) {
    const status = await answer(client.GET('/training/status/{job_id}', { params: { path: { job_id } } }));
    terminal.progress(status.progress, `epoch ${status.current_epoch}/${status.total_epochs}`);
    if (status.status === 'completed') return;
    if (status.status !== 'queued' && status.status !== 'running') {
      throw new Error(`the job is ${status.status}: ${JSON.stringify(status.error)}`);
    }
    await pause(pollMs);
  }
}

/** Asks about every tenth cycle that has a window behind it. */
async function errorOf(client: Client, model_id: string, { cycles }: Cell, takesWindows: boolean): Promise<number> {
  const row = (cycle: Cell['cycles'][number]) => FEATURES.map((feature) => cycle[feature]);
  const asked = cycles.flatMap((_, i) => (i >= WINDOW && i % WINDOW === 0 ? [i] : []));
  const inputs = asked.map((i) =>
    takesWindows ? cycles.slice(i - WINDOW + 1, i + 1).map(row) : row(cycles[i]!),
  ) as Inputs;
  const { predictions } = await answer(
    client.POST('/models/{model_id}/predict', {
      params: { path: { model_id } },
      body: { inputs, probabilities: false },
    }),
  );
  const squares = predictions.map((one, i) => {
    const loss = cycles[asked[i]!]!.capacity_loss;
    if (!('value' in one)) throw new Error(`no number was predicted: ${JSON.stringify(one)}`);
    return ((one.value - loss) / (1 - loss)) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
