/**
 * A second layer around a wrapped key, under the platform's key. With it, a stolen table is not enough to try passwords,
 * and a changed record is told from a wrong password. A backup that is to be opened elsewhere leaves it out.
 */
import { z } from 'zod';
import type { EncryptionContext, Keys } from '#domain/ports/keys/port.ts';
import { IntegrityError } from '../errors.ts';
import { unwrap, type WrappedKey, wrappedKey, wrapWithPlatform } from './wrap.ts';

/** A wrapped key within the platform's layer. */
export const layeredKey = wrappedKey.extend({ holds: z.literal('wrapped key') });

export type LayeredKey = z.infer<typeof layeredKey>;

export async function addPlatformLayer(inner: WrappedKey, keys: Keys, context: EncryptionContext): Promise<LayeredKey> {
  const bytes = Buffer.from(JSON.stringify(inner), 'utf8');
  return { ...(await wrapWithPlatform(bytes, keys, layerOf(context))), holds: 'wrapped key' };
}

/** @throws IntegrityError */
export async function removePlatformLayer(
  { holds: _, ...outer }: LayeredKey,
  keys: Keys,
  context: EncryptionContext,
): Promise<WrappedKey> {
  const bytes = await unwrap(outer, { keys }, layerOf(context));
  const inner = wrappedKey.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!inner.success) throw new IntegrityError('format', 'The stored key is not in a format of this version');
  return inner.data;
}

/** The layer's context is not the key's: a data key never passes for a wrapped key, nor the other way. */
const layerOf = (context: EncryptionContext): EncryptionContext => ({ ...context, 'trainyard:layer': 'platform' });
