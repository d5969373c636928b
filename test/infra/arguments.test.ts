import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '#infra/command-line.ts';
import { readArguments } from '#infra/embedded/arguments.ts';
import { isListed } from '#infra/embedded/gateway/trusted-proxies.ts';

describe('the command line of npm start', () => {
  test('defaults to this machine only and to a folder below the current one', () => {
    expect(readArguments([])).toEqual({
      dataDir: resolve('.trainyard/data'),
      host: '127.0.0.1',
      portOffset: 0,
      warnings: [],
      registration: 'open',
      rates: { authenticatedPerHour: 1000, anonymousPerHour: 100 },
      caps: { jobsPerAccount: 5 },
      jobDays: 365,
      historyDays: 1095,
      newKeys: false,
      apiKeys: [],
      manager: { listen: {}, vault: {}, ignoresJwtSecret: false },
      limits: { bodySeconds: 30, connectionsPerAddress: 256 },
      webhooksToLoopback: false,
    });
  });

  test('takes each option', () => {
    expect(readArguments(['--data', '/d', '--host', '0.0.0.0', '--port-offset', '100'])).toMatchObject({
      dataDir: '/d',
      host: '0.0.0.0',
      portOffset: 100,
      apiKeys: [],
    });
    expect(readArguments(['--operator', 'ada'], { API_KEYS: 'key1, key2,' })).toMatchObject({
      operator: 'ada',
      apiKeys: ['key1', 'key2'],
    });
    const limits = ['--body-timeout', '60', '--connections-per-address', '1000'];
    expect(readArguments(limits)?.limits).toEqual({ bodySeconds: 60, connectionsPerAddress: 1000 });
    expect(readArguments(['--port-offset', 'free'])?.portOffset).toBe('free');
    const installation = ['--max-jobs', '20', '--max-jobs-per-account', '2', '--max-gigabytes', '100', '--new-keys'];
    expect(
      readArguments([
        ...installation,
        '--trainer-memory',
        '2000',
        '--job-days',
        '0',
        '--cors-origins',
        'http://a, HTTP://B:80/,*',
      ]),
    ).toMatchObject({
      caps: { jobs: 20, jobsPerAccount: 2, storedBytes: 100e9 },
      trainerMegabytes: 2000,
      jobDays: 0,
      historyDays: 1095,
      corsOrigins: ['http://a', 'http://b', '*'],
      newKeys: true,
    });
    expect(readArguments(['--help'])).toBeUndefined();
  });

  test('takes a hub, its token, and a folder of encoders that is there', () => {
    const args = ['--hub-url', 'http://127.0.0.1:9', '--encoder-folder', 'test'];
    expect(readArguments(args, { HF_TOKEN: 'secret' })).toMatchObject({
      hub: { url: 'http://127.0.0.1:9', token: 'secret' },
      encoderFolder: resolve('test'),
    });
    expect(() => readArguments(['--hub-url', 'file:///etc'])).toThrow(/^--hub-url must/);
    const listed = readArguments(['--hub-token-for', 'acme, org/guard'], { HF_TOKEN: 'secret' });
    expect(listed!.hub).toEqual({ token: 'secret', tokenFor: ['acme', 'org/guard'] });
    expect(() => readArguments(['--hub-token-for', 'a/b/c'], { HF_TOKEN: 's' })).toThrow(/or owners; got a\/b\/c$/);
    expect(() => readArguments(['--hub-token-for', 'acme'])).toThrow('--hub-token-for needs a token in HF_TOKEN');
    for (const folder of ['no-such-folder', 'package.json']) {
      expect(() => readArguments(['--encoder-folder', folder])).toThrow(
        new UsageError(`--encoder-folder must be a folder; got ${folder}`),
      );
    }
  });

  test('takes the environment as the document of the vault prints it', () => {
    const printed = {
      MODEL_MANAGER_API_HOST: '0.0.0.0',
      MODEL_MANAGER_API_PORT: '8004',
      API_KEYS: 'key1,key2,key3',
      MODEL_PATH: './models',
      JWT_SECRET: 'your-secret-key',
      ENABLE_ENCRYPTION: 'True',
      BACKUP_ENABLED: 'True',
      BACKUP_INTERVAL_HOURS: '24',
    };
    expect(readArguments([], printed)).toMatchObject({
      apiKeys: ['key1', 'key2', 'key3'],
      manager: { listen: { host: '0.0.0.0', port: 8004 } },
      warnings: [expect.stringContaining('numbers 1, 2, 3 can be guessed')],
    });
  });

  test('warns of keys that can be guessed where others can call', () => {
    const keys = { API_KEYS: `${'k'.repeat(16)},short` };
    const warnings = (options: string[]) => readArguments(options, keys)?.warnings;
    expect(warnings([])).toEqual([]);
    // Through a proxy, others call a host that is bound to loopback.
    for (const options of [
      ['--host', '0.0.0.0'],
      ['--trust-proxy', 'loopback'],
      ['--public-url', 'https://ml.example.com'],
    ]) {
      expect(warnings(options)).toEqual([expect.stringMatching(/16 characters .* number 2 can be guessed/)]);
    }
    expect(warnings(['--host', '0.0.0.0'])?.join()).not.toContain('short');
  });

  test.each([
    ['3', 3],
    ['loopback', ['127.9.9.9', '::1', '::ffff:127.0.0.1']],
    ['uniquelocal, linklocal', ['10.1.1.1', '172.31.1.1', '192.168.1.1', 'fd00::1', '169.254.1.1', 'fe80::1%eth0']],
    ['192.0.2.7,198.51.100.0/24,2001:db8::/32', ['192.0.2.7', '198.51.100.9', '2001:db8:f::1']],
  ])('trusts as proxies %s', (given, addresses) => {
    const { trustedProxies } = readArguments(['--trust-proxy', given])!;
    if (trustedProxies === undefined || typeof trustedProxies === 'number') {
      return expect(trustedProxies).toBe(addresses);
    }
    expect([addresses].flat().filter((one) => !isListed(trustedProxies, String(one)))).toEqual([]);
    const strangers = ['192.0.2.8', '172.32.0.1', '2001:db9::1', '::2', 'localhost', ''];
    expect(strangers.filter((one) => isListed(trustedProxies, one))).toEqual([]);
  });

  test.each([
    ['https://ML.example.com/', 'https://ml.example.com'],
    ['http://192.0.2.7:8080', 'http://192.0.2.7:8080'],
    ['https://example.com/trainyard//', 'https://example.com/trainyard'],
  ])('takes %s as the public URL', (given, publicUrl) => {
    expect(readArguments(['--public-url', given])?.publicUrl).toBe(publicUrl);
  });

  test.each([
    [['--public-url', 'ml.example.com'], /--public-url must be an http or https URL, .*; got ml.example.com/],
    [['--public-url', ''], /must be an http or https URL/],
    [['--public-url', 'ftp://example.com'], /got ftp:\/\/example.com/],
    [['--public-url', 'https://ada:horse@example.com'], /^--public-url must not have a name or a password$/],
    [['--public-url', 'https://example.com/?a=b'], /must end with a path; got \?a=b after it/],
    [['--trust-proxy', '0'], /--trust-proxy .* between 1 and 10 proxies; got 0/],
    [['--trust-proxy', '11'], /between 1 and 10 proxies; got 11/],
    [['--trust-proxy', ''], /--trust-proxy must be a number of proxies, or addresses .*; got nothing/],
    [['--trust-proxy', 'loopback,'], /got nothing/],
    [['--trust-proxy', 'proxy.example.com'], /loopback, linklocal, uniquelocal; got proxy.example.com/],
    [['--trust-proxy', 'constructor'], /got constructor/],
    [['--trust-proxy', '10.0.0'], /got 10.0.0/],
    [['--trust-proxy', '010.0.0.1'], /got 010.0.0.1/],
    [['--trust-proxy', '10.0.0.0/33'], /10.0.0.0 has 1 to 32 bits; got 10.0.0.0\/33/],
    [['--trust-proxy', '::/0'], /:: has 1 to 128 bits; got ::\/0/],
    [['--trust-proxy', '10.0.0.0/x'], /1 to 32 bits; got 10.0.0.0\/x/],
    [['--trust-proxy', '10.0.0.0/8/8'], /got 10.0.0.0\/8\/8/],
    [['--port-offset', '-1'], /between 0 and 50000, or free; got -1/],
    [['--port-offset', '50001'], /between 0 and 50000, or free; got 50001/],
    [['--port-offset', '1e3'], /got 1e3/],
    [['--port-offset', 'x'], /got x/],
    [['--data', ''], /--data must not be empty/],
    [['--host', ''], /--host must not be empty/],
    [['--body-timeout', '0'], /--body-timeout must be a whole number between 1 and 3600; got 0/],
    [['--connections-per-address', 'x'], /between 1 and 1000000; got x/],
    [['--max-jobs', '0'], /--max-jobs must be a whole number between 1 and 1000000; got 0/],
    [['--max-jobs', '-1'], /--max-jobs must be a whole number between 1 and 1000000; got -1/],
    [['--trainer-memory', '399'], /--trainer-memory must be a whole number between 400 and 1000000; got 399/],
    [['--cors-origins', 'notaurl'], /--cors-origins must each be an origin such as .*; got notaurl/],
    [['--cors-origins', 'https://a.example,https://a.example/path'], /got https:\/\/a.example\/path/],
    [['--cors-origins', 'https://a.example?'], /got https:\/\/a.example\?/],
    [['--cors-origins', 'file:///etc,*'], /got file:/],
    [['--cors-origins', ''], /got nothing/],
    [['--job-days', '3651'], /--job-days must be a whole number between 0 and 3650; got 3651/],
    [['--trainer-memory', '2GB'], /--trainer-memory must be a whole number .*; got 2GB/],
    [['--nonsense'], /--nonsense/],
    [['stray'], /stray/],
  ])('refuses %j in one line', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});
