/** What unpickling a model would import. Pickles are never opened. */
import type { Manager } from '#domain/vault/manager.ts';
import type { StoredModel } from '#domain/vault/model.ts';

export async function inspectPickles(
  _bytes: Uint8Array,
  _manager: Manager,
  _name: string,
): Promise<StoredModel['pickle']> {
  return undefined;
}
