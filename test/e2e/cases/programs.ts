/** The programs for use against a deployment, run as a user runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

export async function runProgram(
  program: 'smoke' | 'upload' | 'vault',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const main = `infra/${program}/main.ts`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: code as number, stdout, stderr };
}

export function programs(world: World): void {
  describe('the program', () => {
    test('smoke runs the main workflow and exits with 0', async () => {
      const { code, stdout, stderr } = await runProgram('smoke', [`${world.base}/`]);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/Registered.*Uploaded.*Downloaded the model.*The deployment works\.\n$/s);
      expect(code).toBe(0);
    });

    test('upload creates a dataset from a file and prints what is in it', async () => {
      const { username, password } = await User.register(world);
      const args = ['infra/embedded/demo/penguins.csv', world.base, '--user', username, '--target', 'species'];
      const { code, stdout, stderr } = await runProgram('upload', args, { TRAINYARD_PASSWORD: password });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/Uploaded +dataset [\w-]{36}\n.*Processed +344 rows, 8 columns, target species\n$/s);
      expect(code).toBe(0);
    });

    test('upload says in one line what the platform refuses', async () => {
      const { username, password } = await User.register(world);
      const upload = (secret: string, ...more: string[]) =>
        runProgram('upload', ['infra/embedded/demo/penguins.csv', world.base, '--user', username, ...more], {
          TRAINYARD_PASSWORD: secret,
        });
      const wrong = await upload(`${password}!`);
      expect([wrong.code, wrong.stderr]).toEqual([
        1,
        expect.stringMatching(/^POST \S*\/auth\/login answered 401: [^\n]+\n$/),
      ]);
      const target = await upload(password, '--target', 'wingspan');
      expect([target.code, target.stderr]).toEqual([
        1,
        expect.stringMatching(/^POST [^\n]* answered 400: [^\n]*wingspan[^\n]*\n$/),
      ]);
    });
  });
}
