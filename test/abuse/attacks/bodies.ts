/** Bodies that take longer to look at than to send. */
import { gzipSync } from 'node:zlib';
import { type Attack, fileForm, nonsense } from '../target.ts';

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

export const json: Attack = {
  name: 'json',
  aim: 'JSON that is deep, wide, or of numbers without end',
  run: (target) => {
    const bodies = [
      `{"input":${deep(100_000)}}`,
      `{"inputs":[${'{},'.repeat(300_000)}{}]}`,
      `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
      `{"input":{"bill_length_mm":${'9'.repeat(900_000)}}}`,
      `{"input":"${'\\u0000'.repeat(150_000)}"}`,
      `{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}`,
    ];
    const paths = ['/webhooks', '/training/start', '/models/00000000-0000-4000-8000-000000000000/predict'];
    return target.storm(12, (n) => target.platform('POST', paths[n % paths.length]!, bodies[n % bodies.length]));
  },
};

export const queries: Attack = {
  name: 'queries',
  aim: 'cursors, pages, filters and ranges that nobody would ask for',
  run: (target) => {
    const queries = [
      () => `/models?cursor=${nonsense(1000)}`,
      () => '/models?page=1000000000&limit=100',
      () => `/models?name_prefix=${encodeURIComponent('a'.repeat(5000))}`,
      () => `/datasets?${'sort_by=name&'.repeat(500)}`,
      () => `/models/${encodeURIComponent('../../../etc/passwd')}`,
      () => `/models/${nonsense(2000)}`,
      () => '/%00%00',
      () => `/datasets/..%2f..%2f${nonsense(8)}/download`,
    ];
    return target.storm(32, (n) => target.platform('GET', queries[n % queries.length]!()));
  },
};

export const headers: Attack = {
  name: 'headers',
  aim: 'ranges, conditions and forwarded addresses made up',
  run: (target) => {
    const many = Array.from({ length: 1000 }, (_, i) => `${i * 2}-${i * 2}`).join(',');
    const given = [
      { range: `bytes=${many}` },
      { 'if-none-match': `"${'x'.repeat(7000)}"` },
      { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' },
      { 'idempotency-key': nonsense(6000) },
      { accept: `${'a/b;q=0.1,'.repeat(800)}*/*` },
    ];
    return target.storm(24, (n) =>
      target.ask('platform', 'GET', n % 2 === 0 ? '/openapi.json' : '/models', {
        token: target.user.client.token,
        headers: given[n % given.length]!,
      }),
    );
  },
};

const MIB = 1024 * 1024;

let bomb = Buffer.alloc(0);

export const files: Attack = {
  name: 'files',
  aim: 'files that grow, that are all columns or one line, or something else than their names say',
  prepare: () => {
    bomb = gzipSync(Buffer.alloc(512 * MIB, '1,2\n'));
  },
  run: async (target) => {
    const columns = Array.from({ length: 20_000 }, (_, i) => `c${i}`).join(',');
    const forms: (() => FormData)[] = [
      () => fileForm(bomb, 'bomb.csv.gz'),
      () => fileForm(`${columns}\n${columns}\n`, 'wide.csv'),
      () => fileForm(`a,b\n"${'x'.repeat(8 * MIB)}`, 'quote.csv'),
      () => fileForm(`PAR1${nonsense(100_000)}PAR1`, 'not.parquet'),
      () => fileForm(`${'{"a":'.repeat(100_000)}1`, 'deep.jsonl'),
      () => fileForm(`a,b\n${',\n'.repeat(2 * MIB)}`, 'empty.csv'),
    ];
    await target.storm(6, (n) => target.platform('POST', '/datasets/upload', forms[n % forms.length]!()));
  },
};
