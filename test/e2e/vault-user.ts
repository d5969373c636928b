import type { User } from './user.ts';
import type { World } from './world.ts';

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, which the contract tests check
type Body = any;

export type VaultCall = (
  method: string,
  path: string,
  json?: object,
  as?: User,
) => Promise<{ readonly status: number; readonly body: Body }>;

/** Calls below the vault's base, by a user unless it says by whom. */
export const vaultCall =
  (world: World, by: () => User): VaultCall =>
  async (method, path, json, as = by()) => {
    const response = await fetch(`${world.bases.manager}/api/model-manager${path}`, {
      method,
      headers: { authorization: `Bearer ${as.client.token}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status: response.status, body: await response.json() };
  };
