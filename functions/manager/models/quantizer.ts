/** Makes versions with weights of 8 bits. It loads ONNX Runtime, so nothing but the function that has it imports this. */
import { OnnxError } from '#engine/onnx/decode.ts';
import { compareOutputs } from '#engine/onnx/int8/difference.ts';
import { quantizeModel } from '#engine/onnx/int8/quantize.ts';
import { RuntimeError } from '#engine/run.ts';
import type { Int8Version } from '../services.ts';

/** Throws `OnnxError` for what is no ONNX model, or none of which there can be a version. */
export async function quantize(model: Uint8Array): Promise<Int8Version> {
  const { bytes } = quantizeModel(model);
  try {
    return { bytes, difference: await compareOutputs(model, bytes) };
  } catch (error) {
    if (error instanceof RuntimeError) throw new OnnxError(error.message, { cause: error });
    throw error;
  }
}
