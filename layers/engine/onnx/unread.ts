import type { NodeContext } from './rule.ts';

/** Attributes that change nothing of what is read, by operator; all others must be looked at by the operator's rule. */
const withoutEffect: Readonly<Record<string, readonly string[]>> = {
  // How running statistics move in training, which the file's do not.
  BatchNormalization: ['momentum'],
  // What is cast is never one of 8 bits.
  Cast: ['saturate'],
  // Nothing is drawn.
  Dropout: ['seed'],
  // The slopes of activations that have some; sigmoid and tanh, which alone are read, have none.
  GRU: ['activation_alpha', 'activation_beta'],
  LSTM: ['activation_alpha', 'activation_beta'],
  // The order in which positions are counted, which are not read.
  MaxPool: ['storage_order'],
  // Without it any order will do.
  TopK: ['sorted'],
};

/**
 * Makes sure that nothing a node says was passed over.
 * @throws OnnxError naming the node, the attribute and its value
 */
export function expectAllRead(c: NodeContext): void {
  const left = c.attributes.unread().find(({ name }) => !withoutEffect[c.opType]?.includes(name));
  if (left) throw c.error(`does not read the attribute ${left.name}, which is ${left.value}`);
}
