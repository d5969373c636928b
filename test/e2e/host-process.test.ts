import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { surfaces } from '#infra/topology.ts';
import { runHost, startHostProcess } from './running-host.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-host-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The output without the structured log: one line. */
const oneLine = /^trainyard: [^\n]+\n$/;

describe('the host as a process', () => {
  test('stops with 0 on SIGTERM, and can start again on its folder', async () => {
    for (let round = 0; round < 2; round++) {
      const host = await startHostProcess(join(folder, 'again'));
      expect((await fetch(host.base)).status).toBe(200);
      const end = await host.stop('SIGTERM');
      expect([end.code, end.signal]).toEqual([0, null]);
    }
  });

  test('moves into an empty folder, and its options are relative to where it was started', async () => {
    const near = relative(process.cwd(), folder);
    const data = join(folder, 'near');
    // What somebody has left there.
    mkdirSync(join(data, '.empty'), { recursive: true });
    writeFileSync(join(data, '.empty', 'left'), '');
    const host = await startHostProcess(join(near, 'near'), { args: ['--backup-copies', join(near, 'copies')] });
    expect(readdirSync(join(data, '.empty'))).toEqual([]);
    if (process.platform !== 'win32') expect(statSync(join(data, '.empty')).mode & 0o777).toBe(0o500);
    if (process.platform === 'linux')
      expect(readlinkSync(`/proc/${host.child.pid}/cwd`)).toBe(realpathSync(join(data, '.empty')));
    expect((await host.stop()).code).toBe(0);
    expect(readdirSync(folder)).toContain('copies');
  });

  test('warns once about a proxy that is not trusted', async () => {
    const through = { headers: { 'x-forwarded-for': '198.51.100.7' } };
    const warnings = async (...args: string[]) => {
      const host = await startHostProcess(join(folder, 'proxied'), { args });
      for (const init of [{}, through, through]) expect((await fetch(host.base, init)).status).toBe(200);
      const { stderr } = await host.stop();
      return stderr.split('\n').filter((line) => line.includes('--trust-proxy')).length;
    };
    expect(await warnings()).toBe(1);
    expect(await warnings('--trust-proxy', 'loopback')).toBe(0);
  });

  test('stops after the response to a request in flight, even if the caller keeps the connection open', async () => {
    const host = await startHostProcess(join(folder, 'kept'));
    const body = JSON.stringify({ username: 'ada', password: 'wrong' });
    const agent = new Agent({ keepAlive: true });
    const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
    const outgoing = request(`${host.base}/auth/login`, { method: 'POST', agent, headers });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    const stopped = host.stop('SIGTERM');
    await new Promise<void>((resolve) => {
      host.child.stdout!.on('data', (chunk) => String(chunk).includes('Stopping') && resolve());
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(401);
    // Longer than a test may take.
    expect(response.headers['keep-alive']).toBe('timeout=125');
    expect((await stopped).code).toBe(0);
  });

  test('a second host on the same folder is refused, and the first continues', async () => {
    const data = join(folder, 'shared');
    const first = await startHostProcess(data);
    const second = await runHost('--data', data, '--port-offset', 'free');
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(oneLine);
    expect(second.stderr).toContain(data);
    expect((await fetch(first.base)).status).toBe(200);
    await first.stop();
  });

  test('a folder is unlocked when its host is killed', async () => {
    const data = join(folder, 'killed');
    const first = await startHostProcess(data);
    await first.stop('SIGKILL');
    const second = await startHostProcess(data);
    expect((await second.stop()).code).toBe(0);
  });

  test('a port in use is named', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as AddressInfo).port));
    });
    const offset = String(port - surfaces.platform.port);
    const end = await runHost('--data', join(folder, 'port'), '--port-offset', offset);
    taken.close();
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(oneLine);
    expect(end.stderr).toContain(`port ${port} is in use`);
  });

  test('a folder that cannot be written is named', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const end = await runHost('--data', join(file, 'below'), '--port-offset', 'free');
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(oneLine);
    expect(end.stderr).toContain(file);
  });

  test.each(['/proc/nope', '/proc/nope/deeper', '/dev/null/below'])('%s cannot be a data folder', async (data) => {
    const end = await runHost('--data', data, '--port-offset', 'free');
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(oneLine);
    expect(end.stderr).toContain(data);
  });

  test('a command line that is wrong exits with 2', async () => {
    const end = await runHost('--port-offset', 'many');
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(oneLine);
  });

  test('help is printed and nothing started', async () => {
    const end = await runHost('--help');
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('--data DIR');
  });
});
