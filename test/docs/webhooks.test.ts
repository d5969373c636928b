/** The programs in docs/webhooks.md, run as they are printed there, on signatures of ours. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { newSecret, secretBytes } from '#domain/webhooks/secret.ts';
import { sign } from '#domain/webhooks/signature.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'trainyard-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync('docs/webhooks.md', 'utf8');
const programs = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);

const body = JSON.stringify({ type: 'training.completed', data: { name: 'é 🚂' } });
const now = Math.floor(Date.now() / 1000);
const [old, current] = [newSecret(), newSecret()];
const headers = sign('019a0c9b', now, body, [secretBytes(current), secretBytes(old)]);

/** Each with what must come of it. */
const CASES = [
  { secret: current, headers, body, accepted: true },
  { secret: old, headers, body, accepted: true },
  { secret: newSecret(), headers, body, accepted: false },
  { secret: current, headers, body: `${body} `, accepted: false },
  { secret: current, headers: { ...headers, 'webhook-id': 'other' }, body, accepted: false },
  { secret: current, headers: { ...headers, 'webhook-signature': 'v1,AAAA nonsense' }, body, accepted: false },
  { secret: current, headers: sign('old', now - 301, body, [secretBytes(current)]), body, accepted: false },
];

/** Whether the command exists on this machine. */
const has = (command: string): Promise<boolean> =>
  run(command, ['version'])
    .then(() => true)
    .catch((error: NodeJS.ErrnoException) => error.code !== 'ENOENT');

const verdicts = async (command: string, program: string): Promise<boolean[]> =>
  JSON.parse((await run(command, [program, JSON.stringify(CASES)])).stdout);

describe('the guide to webhooks', () => {
  test('has a program for Node.js that accepts what is genuine and nothing else', async () => {
    const [verify] = programs('js');
    const file = join(folder, 'verify.mjs');
    writeFileSync(
      file,
      `${verify}
const accepts = ({ secret, headers, body }) => { try { verify(secret, headers, body); return true; } catch { return false; } };
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(accepts)));`,
    );
    expect(await verdicts(process.execPath, file)).toEqual(CASES.map(({ accepted }) => accepted));
  });

  test('has a program for Python that does the same', async () => {
    if (!(await has('python3'))) return console.warn('python3 is not here: its program was not run');
    const [verify] = programs('python');
    const file = join(folder, 'verify.py');
    writeFileSync(
      file,
      `${verify}
import sys
def accepts(case):
    try:
        verify(case["secret"], case["headers"], case["body"].encode())
        return True
    except ValueError:
        return False
print(json.dumps([accepts(case) for case in json.loads(sys.argv[1])]))`,
    );
    expect(await verdicts('python3', file)).toEqual(CASES.map(({ accepted }) => accepted));
  });

  test('has commands for a shell that print the signature', async () => {
    if (!(await has('openssl'))) return console.warn('openssl is not here: its commands were not run');
    const commands = programs('sh').find((text) => text.includes('openssl'))!;
    writeFileSync(join(folder, 'body.json'), body);
    const env = { PATH: process.env.PATH, ID: '019a0c9b', TIMESTAMP: String(now), SECRET: current };
    const { stdout } = await run('sh', ['-c', commands], { cwd: folder, env });
    expect(stdout.trim()).toBe(headers['webhook-signature'].split(' ')[0]);
  });
});
