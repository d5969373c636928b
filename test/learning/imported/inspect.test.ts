/** What a file of others hides where the tables of the parser do not look. */
import { describe, expect, test } from '@jest/globals';
import { encodeTensor, type TensorProto } from '#engine/onnx/proto.ts';
import { field } from '#engine/onnx/wire.ts';
import { inspect } from '#learning/imported/inspect.ts';
import { file, node } from '#test/engine/onnx/files.ts';

const tensor = (more: Partial<TensorProto> = {}): TensorProto => ({
  ...{ name: 'w', dims: [2], dataType: 1, floatData: [1, 2] },
  ...more,
});
const OUTSIDE = encodeTensor(
  tensor({ floatData: [], dataLocation: 1, externalData: [{ key: 'location', value: 'keys' }] }),
);
const within = (number: number, ...pieces: readonly Uint8Array[]): Buffer => Buffer.concat(field(number, ...pieces));
const plain = file({ node: [node('Identity', ['w'], ['y'])], initializer: [tensor()] });
const whole = (...fields: readonly Uint8Array[]): Buffer => Buffer.concat([plain, ...fields]);
/** A function, which the parser's tables do not have. */
const inFunction = (attribute: Uint8Array): Buffer => whole(within(25, within(7, within(5, attribute))));
const reason = (bytes: Uint8Array): string => {
  try {
    inspect(bytes);
  } catch (error) {
    return (error as { details: { message: string }[] }).details[0]!.message;
  }
  return 'taken';
};

describe('a file of others', () => {
  test('is taken where all of it is within', () => {
    expect(reason(plain)).toBe('taken');
  });

  test.each([
    ['tensors of an attribute', within(10, OUTSIDE)],
    ['a sparse tensor of an attribute', within(22, within(1, OUTSIDE))],
    ['sparse tensors of an attribute', within(23, within(2, OUTSIDE))],
    ['graphs of an attribute', within(11, within(5, OUTSIDE))],
  ])('is refused where numbers are elsewhere in %s', (_, attribute) => {
    expect(reason(inFunction(attribute))).toBe(
      'tensor \'w\' has its numbers in another file ("keys"): save the model as one file',
    );
  });

  test('is refused for more operators than the runtime opens in time, wherever they are', () => {
    const chain = (length: number) => Array.from({ length }, () => node('Identity', ['w'], ['y']));
    const inner = { name: 'g', node: chain(9_999), initializer: [], input: [], output: [] };
    const attribute = { name: 'then_branch', type: 5, g: inner };
    const within = (...more: ReturnType<typeof node>[]) =>
      file({ node: [node('If', ['w'], ['y'], [attribute]), ...more], initializer: [tensor()] });
    expect(reason(within())).toBe('taken');
    expect(reason(within(node('Identity', ['w'], ['z'])))).toBe('it must have at most 10000 operators; got 10001');
  });

  test('is refused for an operator in a graph of a list', () => {
    const inner = { name: 'g', node: [node('Loop', [], [])], initializer: [], input: [], output: [] };
    const attribute = { name: 'all', type: 10, graphs: [inner] };
    expect(reason(file({ node: [node('Identity', ['x'], ['y'], [attribute])] }))).toContain('operator Loop');
  });

  test('is refused where it has two graphs, of which each parser takes another', () => {
    expect(reason(whole(within(7, within(1))))).toContain('it must be an ONNX model');
  });
});
