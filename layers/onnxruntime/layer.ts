/** The Lambda layer of functions that run networks: ONNX Runtime, and sharp, which decodes images for them. */
import { join } from 'node:path';
import { cutRuntime, type Platform, sizeOf } from './cut.ts';
import { cutSharp } from './sharp.ts';

/** Writes `nodejs/node_modules/…` below `into`, which is emptied first; resolves with the bytes written. */
export async function cutLayer(into: string, platform: Platform): Promise<number> {
  await cutRuntime(into, platform);
  await cutSharp(join(into, 'nodejs', 'node_modules'), platform);
  return sizeOf(into);
}
