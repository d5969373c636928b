/** A host in this process, with limits that a test can exceed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayLimits } from '#infra/embedded/gateway/limits.ts';
import { type Host, startHost } from '#infra/embedded/host.ts';
import type { HostOptions } from '#infra/embedded/host-options.ts';
import { User } from '#test/e2e/user.ts';
import { BOUNDARY, csvFile, formBytes } from '#test/functions/platform/forms.ts';
import { FAST_ARGON2 } from '#test/functions/platform/harness.ts';
import { head } from './connection.ts';

export interface LimitedHost {
  readonly base: string;
  readonly data: string;
  readonly host: Host;
  user(): Promise<User>;
  close(): Promise<void>;
}

export async function limitedHost(
  limits: Partial<GatewayLimits> = {},
  options: Partial<HostOptions> = {},
): Promise<LimitedHost> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-gateway-'));
  const data = join(folder, 'data');
  const host = await startHost({
    dataDir: data,
    portOffset: 'free',
    log: { file: '/dev/null' },
    settings: { argon2: FAST_ARGON2, rates: { anonymousPerHour: 10_000 } },
    limits,
    ...options,
  });
  const base = host.bases.platform;
  return {
    base,
    data,
    host,
    user: () => User.register({ base, pollMilliseconds: 10 }),
    async close() {
      await host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A form with a CSV file of about so many bytes, and the head of the request that uploads it. */
export function uploadOf(user: User, bytes: number): { head: string; body: Buffer } {
  // Of one size each; with a single class the upload would be refused.
  const rows = ['some,value,yes\n', 'some,value,nay\n'] as const;
  const csv = `a,b,y\n${Array.from({ length: Math.ceil(bytes / rows[0].length) }, (_, i) => rows[i % 2]).join('')}`;
  const body = formBytes([csvFile(csv), { name: 'name', value: 'data' }]);
  return { head: uploadHead(user, { 'content-length': body.length }), body };
}

export const uploadHead = (user: User | undefined, headers: Readonly<Record<string, string | number>>): string =>
  head('POST', '/datasets/upload', {
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    ...(user && { authorization: `Bearer ${user.client.token}` }),
    ...headers,
  });
