/** What the training service's document prints, unchanged, against a fresh host without a hub. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { run } from './run.ts';

const world = useHost('--hub-url', 'http://127.0.0.1:9');
const printed = (name: string): string => readFileSync(join(import.meta.dirname, 'training', name), 'utf8');

describe('what the document of the training service prints', () => {
  test.each(['python', 'javascript'] as const)(
    'the program in %s starts a training and shows its job',
    async (language) => {
      const program = printed(language === 'python' ? 'program.py.txt' : 'program.js.txt');
      const { code, stdout, stderr } = await run(world, language, program);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Job ID: [\w-]{36}\nStatus: (?:queued|failed)\nProgress: 0%\n$/);
    },
  );

  test('the calls with curl are answered, each with JSON', async () => {
    // One line an answer, which the calls themselves do not end.
    const quiet = printed('calls.sh.txt').replaceAll(/^curl /gm, "curl -sS -w '\\n' ");
    const { code, stdout, stderr } = await run(world, 'sh', quiet);
    expect([code, stderr]).toEqual([0, '']);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { code?: string });
    expect(answers).toHaveLength(24);
    // There is no hub, no job is called job_123, and a fresh host has no model to start from.
    expect(answers.flatMap(({ code: error }) => error ?? [])).toEqual([
      'HUB_UNREACHABLE',
      'JOB_NOT_FOUND',
      'MODEL_NOT_FOUND',
      'JOB_NOT_FOUND',
    ]);
  });
});
