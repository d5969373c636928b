/** The worker thread behind `HeavyPredictor`: it has no surface, only a predictor. */
import { parentPort, workerData } from 'node:worker_threads';
import { DamagedFileError, NotFoundError, ValidationError } from '#domain/errors.ts';
import { openEmbedded } from '#embedded/open.ts';
import { useNativeGate } from '#engine/native-gate.ts';
import { makePredictor } from '#learning/predictor.ts';
import type { PredictionEvent, PredictionResult } from './heavy-predictor.ts';
import type { HostMessage, Reply, ThreadSetup } from './messages.ts';
import { permitted } from './permitted.ts';

const { name, embedded, settings, nativeGate } = workerData as ThreadSetup;
useNativeGate(nativeGate);
const port = parentPort!;
const { blobs } = permitted(name, await openEmbedded({ ...embedded, baseUrl: '' }));
const predictor = makePredictor({ artifacts: blobs.artifacts, maxModels: settings.loadedModels });

port.on('message', async (message: HostMessage) => {
  if (message.kind !== 'call') return;
  port.postMessage({ ...(await answer(message.event as PredictionEvent)), call: message.call });
});
port.postMessage('ready');

async function answer({ model, rows, options }: PredictionEvent): Promise<Reply> {
  try {
    const predictions = await predictor.predict(model, rows, options);
    return result({ kind: 'predictions', predictions });
  } catch (error) {
    if (error instanceof ValidationError) return result({ kind: 'invalid', ...shown(error) });
    if (error instanceof NotFoundError) return result({ kind: 'notFound', message: error.message });
    if (error instanceof DamagedFileError) {
      return result({ kind: 'damaged', what: error.what, remedy: error.remedy });
    }
    return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const result = (of: PredictionResult): Reply => ({ kind: 'result', result: of });

const shown = ({ message, details }: ValidationError) => ({ message, details });
