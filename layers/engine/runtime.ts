/** ONNX Runtime. Nothing else loads it: what is not meant to be sent has to be turned off before. */
import './telemetry.ts';

export * from 'onnxruntime-node';
