import type { Difference } from '#engine/onnx/int8/difference.ts';
import type { Services } from '#functions/http/route.ts';
import type { ImportServices } from '#functions/platform/models/create-imported.ts';

/** What the work of the vault needs, for a request or for a schedule. */
export type VaultServices = Pick<Services, 'adapters' | 'settings' | 'logger'>;

/** An ONNX model with weights of 8 bits, and how far its outputs differ. */
export interface Int8Version {
  readonly bytes: Uint8Array;
  readonly difference: Difference;
}

/** Makes int8 versions. Only types of it here: declaring a route does not load ONNX Runtime. */
export interface Quantizing {
  readonly quantize: (model: Uint8Array) => Promise<Int8Version>;
  /** Bytes that are left to this process. */
  readonly freeMemory: () => number;
}

/** What saving and serving a model need besides. */
export interface FileServices extends ImportServices, Quantizing {}

/** What saving a model needs where it outlasts its request. */
export type JobServices = VaultServices & Quantizing;
