import type { Services } from '#functions/http/route.ts';
import type { Int8Version } from './models/int8.ts';

/** What the work of the vault needs, for a request or for a schedule. */
export type VaultServices = Pick<Services, 'adapters' | 'settings' | 'logger'>;

/** What saving a model needs besides. Only a type of it here: declaring a route does not load ONNX Runtime. */
export interface FileServices extends Services {
  readonly quantize: (model: Uint8Array) => Promise<Int8Version>;
}
