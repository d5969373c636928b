'use strict';
const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest runs tests in a realm of their own, whose typed arrays are other classes than those that native addons
 * (ONNX Runtime) hand out. Sharing the outer realm's classes keeps `instanceof` true on both sides.
 */
const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Uint8ClampedArray',
  'Error',
];

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
};
