import type { Quantizing } from '../services.ts';

/** Makes int8 versions. What loads ONNX Runtime is itself loaded with the first one: it takes time and memory. */
export const quantizing: Quantizing = {
  quantize: async (model) => (await import('./quantizer.ts')).quantize(model),
  freeMemory: () => process.availableMemory(),
};
