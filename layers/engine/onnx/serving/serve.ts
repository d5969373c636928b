/** A model as this machine computes it fastest. Only what is loaded is changed: the file stays one for every runtime. */
import { fuseAttention } from './attention.ts';
import { withSignedProducts } from './signed.ts';

/** Gives the same outputs, but for rounding. */
export const forServing = (model: Uint8Array): Promise<Uint8Array> => withSignedProducts(fuseAttention(model));
