/** ONNX Runtime. Nothing else loads it: what is not meant to be sent has to be turned off before. */
import './telemetry.ts';

export * from 'onnxruntime-node';
/** The package's own session waits for a turn of the event loop before each run; this is what it calls then. */
export { type Binding, binding, initOrt } from 'onnxruntime-node/dist/binding.js';
