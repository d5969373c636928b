import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { expectPlatform, lineOf, platformUrl } from '#infra/smoke/platform-url.ts';
import { runProgram } from '../../e2e/cases/programs.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/platform`;
}

describe('the base URL of a platform', () => {
  test.each([
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
    [
      'https://x.execute-api.eu-west-1.amazonaws.com/platform/',
      'https://x.execute-api.eu-west-1.amazonaws.com/platform',
    ],
    ['HTTPS://ML.example.com//', 'https://ml.example.com'],
  ])('%s is %s', (given, base) => expect(platformUrl(given)).toBe(base));

  test.each([
    [undefined, 'got none'],
    ['penguins', 'got penguins'],
    ['ftp://example.com', 'got ftp://example.com'],
    ['http://example.com/?a=b', 'must end with a path; got ?a=b'],
    ['http://example.com/#docs', 'must end with a path; got #docs'],
  ])('%s is none', (given, message) => expect(() => platformUrl(given)).toThrow(message));
});

describe('whether a platform is there', () => {
  const cases: readonly (readonly [string, number, string, string])[] = [
    ['another program', 200, '<!doctype html>\n<p>Hello</p>', 'it answers 200 <!doctype html> <p>Hello</p>'],
    ['another API', 200, '{"message":"Hello"}', 'it answers 200 {"message":"Hello"}'],
    ['a wrong path', 403, '{"message":"Forbidden"}', 'it answers 403 {"message":"Forbidden"}'],
    ['a redirect', 302, '', 'it answers 302'],
  ];
  test.each(cases)('%s is reported in one line', async (_, status, body, message) => {
    const base = await serve((_request, response) => void response.writeHead(status).end(body));
    await expect(expectPlatform(base)).rejects.toThrow(`${base} is no platform of Trainyard: ${message}`);
  });

  test('the welcome is enough', async () => {
    const base = await serve((_request, response) => void response.end('{"message":"Welcome to it"}'));
    await expectPlatform(base);
  });

  test('one that never responds times out', async () => {
    const base = await serve(() => {});
    await expect(expectPlatform(base, 20)).rejects.toThrow(`${base} does not answer within 0.02 seconds`);
  });

  test('one that disconnects, or does not exist, is named with the reason', async () => {
    const base = await serve((request) => void request.socket.destroy());
    await expect(expectPlatform(base)).rejects.toThrow(`${base} does not answer: fetch failed: other side closed`);
    await expect(expectPlatform('http://127.0.0.1:2')).rejects.toThrow('does not answer: fetch failed');
    await expect(expectPlatform('https://nowhere.invalid')).rejects.toThrow(/nowhere\.invalid does not answer: .+/);
  });
});

test('every error is one line', () => {
  expect(lineOf(new Error('two\n  lines'))).toBe('two lines');
  expect(lineOf('text')).toBe('text');
  const both = new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]);
  expect(lineOf(new TypeError('fetch failed', { cause: both }))).toBe('fetch failed: refused ::1, refused 127.0.0.1');
});

test.each([
  ['no URL', [], 'BASE_URL must be the http or https URL of a platform, such as http://127.0.0.1:8000; got none'],
  ['a platform that is not there', ['http://127.0.0.1:2'], 'http://127.0.0.1:2 does not answer: fetch failed'],
])('the smoke test says in one line what is wrong with %s', async (_what, args, line) => {
  const { code, stdout, stderr } = await runProgram('smoke', args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(line)]);
});
