/**
 * Searching 10,000 models of a manager by words, a framework and a metric's bound, over HTTP, beside the same query in
 * SQLite with FTS5 in this process, which asks for no token, counts nothing and writes no audit trail. `milliseconds` and
 * `p99` are ours; the search has to take less than 50 ms.
 */
import { dirname, join } from 'node:path';
import { Database } from '#embedded/database.ts';
import { logIn } from '../api/host/account.ts';
import { HERE, startHostOf } from '../api/host/host.ts';
import { prepare } from '../api/host/prepare.ts';
import { type Bench, inTurn } from '../bench.ts';

const MODELS = 10_000;
const TIMES = 200;
const MANAGER = 'bench';
const LIMIT = 20;
const WORDS = 'fraud churn credit image speech forecast anomaly ranking segment price demand sensor'.split(' ');
const FRAMEWORKS = ['sklearn', 'pytorch', 'onnx', 'xgboost', 'lightgbm'];

interface Described {
  readonly name: string;
  readonly framework: string;
  readonly description: string;
  readonly accuracy: number;
}

const described = (n: number): Described => ({
  name: `${WORDS[n % WORDS.length]}_${n}_v1.${n % 10}`,
  framework: FRAMEWORKS[n % FRAMEWORKS.length]!,
  description: `A ${WORDS[(n * 7) % WORDS.length]} model for ${WORDS[(n * 11) % WORDS.length]} of customers`,
  accuracy: 0.5 + ((n * 37) % 500) / 1000,
});

const queryOf = (turn: number) => ({ word: WORDS[turn % WORDS.length]!, framework: 'sklearn', accuracy: 0.8 });

/** Gives a manager with one model so many like it, in a data folder that no host has open. */
async function fill(dataDir: string): Promise<void> {
  const database = new Database(join(dataDir, 'trainyard.db'));
  try {
    const row = database.get("SELECT pk, sk, body FROM items WHERE sk = 'MODEL#original'")!;
    const original = JSON.parse(String(row.body));
    await database.write(() => {
      for (let n = 0; n < MODELS; n++) {
        const { name, framework, description, accuracy } = described(n);
        const metadata = JSON.stringify({ framework, description, performance_metrics: { accuracy } });
        const body = JSON.stringify({
          ...original,
          sk: `MODEL#${name}`,
          name,
          id: `model_${n}`,
          family: name,
          metadata,
        });
        database.run('INSERT INTO items (pk, sk, body) VALUES (?, ?, ?)', row.pk!, `MODEL#${name}`, body);
      }
    });
  } finally {
    database.close();
  }
}

const SELECT = 'SELECT * FROM models WHERE models MATCH ? AND framework = ? AND accuracy >= ? ORDER BY rank LIMIT ?';

function fts(file: string): (turn: number) => number {
  const database = new Database(file);
  database.execute('CREATE VIRTUAL TABLE models USING fts5 (name, framework, description, accuracy UNINDEXED)');
  database.execute('BEGIN');
  for (let n = 0; n < MODELS; n++) {
    const { name, framework, description, accuracy } = described(n);
    database.run('INSERT INTO models VALUES (?, ?, ?, ?)', name, framework, description, accuracy);
  }
  database.execute('COMMIT');
  return (turn) => {
    const { word, framework, accuracy } = queryOf(turn);
    return database.all(SELECT, word, framework, accuracy, LIMIT).length;
  };
}

const search: Bench = {
  name: 'vault/search',
  unit: 'queries/s',
  run: async ({ cpuProfile } = {}) => {
    await using made = new AsyncDisposableStack();
    const { dataDir, log, account } = made.use(await prepare(HERE, 1));
    {
      await using host = await startHostOf({ checkout: HERE, dataDir, log });
      const call = callerOf(host.bases.manager!, await logIn(host.base, account));
      await call('/create', { manager_id: MANAGER, config: { backup_enabled: false } });
      await call(`/${MANAGER}/models/save`, { model_name: 'original', model_data: 'bW9kZWw=' });
    }
    await fill(dataDir);
    const host = made.use(await startHostOf({ checkout: HERE, dataDir, log, cpuProfile }));
    const call = callerOf(host.bases.manager!, await logIn(host.base, account));
    const milliseconds: number[] = [];
    let [turn, peerTurn] = [0, 0];
    const ours = async () => {
      const { word, framework, accuracy } = queryOf(turn++);
      const query = new URLSearchParams({
        query: word,
        framework,
        min_accuracy: String(accuracy),
        limit: String(LIMIT),
      });
      const start = performance.now();
      const found = await call(`/${MANAGER}/models/search?${query}`);
      const took = performance.now() - start;
      if (!(Number(found.total_results) > 0)) throw new Error('the search found nothing');
      milliseconds.push(took);
      return 1000 / took;
    };
    const query = fts(join(dirname(dataDir), 'fts.db'));
    const peer = async () => {
      const start = performance.now();
      if (query(peerTurn++) === 0) throw new Error('FTS5 found nothing');
      return 1000 / (performance.now() - start);
    };
    const found = await inTurn({ times: TIMES }, { ours, peer });
    // The first search reads all records.
    const sorted = milliseconds.slice(1).sort((a, b) => a - b);
    const more = { milliseconds: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! };
    return { ours: found.ours!.median, peer: found.peer!.median, spread: found.ours!.spread, more };
  },
};

function callerOf(base: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async (path: string, body?: object): Promise<Readonly<Record<string, unknown>>> => {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${base}/api/model-manager${path}`, { headers, ...sent });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
}

export const benches: readonly Bench[] = [search];
