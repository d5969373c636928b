/** The whole vocabulary: `import * as ops from '#engine/ops/index.ts'`. */
export * from './activation.ts';
export * from './compare.ts';
export * from './control.ts';
export * from './einsum.ts';
export * from './elementwise.ts';
export * from './indexing.ts';
export * from './join.ts';
export * from './labels.ts';
export * from './linalg.ts';
export * from './movement.ts';
export * from './norm.ts';
export * from './order.ts';
export * from './random.ts';
export * from './reduce.ts';
export * from './scatter.ts';
export * from './select.ts';
export * from './window.ts';
