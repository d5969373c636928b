import { encryptionContext, type ModelContext } from '#vault/context.ts';

/** A key that the platform holds opens nothing else than the upload that it is held for. */
export const heldContext = (of: ModelContext) => ({ ...encryptionContext(of), 'trainyard:upload': 'held key' });
