import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import { attributeType, dataType, encodeModel, type GraphProto, type NodeProto } from '#engine/onnx/proto.ts';
import { inspect } from '#learning/imported/inspect.ts';

const node = (opType: string, input: string[], output: string, branch?: GraphProto): NodeProto => ({
  ...{ name: `the ${output}`, opType, domain: '', input, output: [output] },
  attribute: branch ? [{ name: 'then_branch', type: attributeType.graph, g: branch }] : [],
});

const value = (name: string) => ({
  name,
  type: { tensorType: { elemType: dataType.float32, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 2 }] } } },
});

const graph = (nodes: NodeProto[], inputs = ['x']): GraphProto => ({
  ...{ name: 'g', node: nodes, input: inputs.map(value), output: [value('y')] },
  initializer: [{ name: 'constant', dims: [2], dataType: dataType.int64, int64Data: [2, 2] }],
});

/** Why it is refused. */
function refusalOf(nodes: NodeProto[], inputs?: string[]): string | undefined {
  const bytes = encodeModel({
    ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    ...{ graph: graph(nodes, inputs), opsetImport: [{ domain: '', version: 17 }], metadataProps: [] },
  });
  try {
    inspect(bytes);
  } catch (error) {
    if (error instanceof ValidationError) return error.details[0]!.message;
    throw error;
  }
  return undefined;
}

const sizes = node('Cast', ['x'], 'sizes');

describe('a model that makes as many elements as the values in a row say is refused', () => {
  test.each([
    ['Expand', ['constant', 'sizes']],
    ['Tile', ['x', 'sizes']],
    ['ConstantOfShape', ['sizes']],
    ['Resize', ['x', '', '', 'sizes']],
    ['Resize', ['x', '', 'sizes']],
    ['Upsample', ['x', 'sizes']],
    ['Range', ['constant', 'sizes', 'constant']],
    ['Pad', ['x', 'sizes']],
    ['OneHot', ['x', 'sizes', 'constant']],
    ['CenterCropPad', ['x', 'sizes']],
    ['StringSplit', ['x']],
  ])('%s of %j', (opType, input) => {
    const by = input.includes('sizes') ? 'sizes' : 'x';
    expect(refusalOf([sizes, node(opType, input, 'y')])).toContain(
      `operator ${opType} of node 'the y' cannot be served: how many elements it makes depends on the values in a row, by its input '${by}'`,
    );
  });

  test('however many nodes lie between, in whichever order they stand', () => {
    const nodes = [
      node('Tile', ['x', 'c'], 'y'),
      node('Mul', ['b', 'constant'], 'c'),
      node('Abs', ['sizes'], 'b'),
      sizes,
    ];
    expect(refusalOf(nodes)).toContain("operator Tile of node 'the y' cannot be served: how many elements");
  });

  test('in a branch, by what a branch answers, and by an input of a branch', () => {
    const inside = node('If', ['constant'], 'y', graph([node('Tile', ['x', 'x'], 'z')], []));
    expect(refusalOf([inside])).toContain("operator Tile of node 'the z'");
    const answers = { ...graph([node('Cast', ['x'], 'inner')], []), output: [value('inner')] };
    const outside = [node('If', ['constant'], 'n', answers), node('Tile', ['x', 'n'], 'y')];
    expect(refusalOf(outside)).toContain("operator Tile of node 'the y'");
    const scanned = node('Scan', ['sizes'], 'y', graph([node('Tile', ['i', 'i'], 'z')], ['i']));
    expect(refusalOf([sizes, scanned])).toContain("operator Tile of node 'the z'");
  });
});

describe('a model is served', () => {
  test.each([
    ['whose shapes are constants', ['constant']],
    ['whose shapes are those of its rows', ['shape']],
  ])('%s', (_, [size = '']) => {
    const nodes = [node('Shape', ['sizes'], 'shape'), sizes, node('Expand', ['x', size], 'y')];
    expect(refusalOf(nodes)).toBeUndefined();
  });

  test('whose initializers stand among its inputs', () => {
    expect(refusalOf([node('Tile', ['x', 'constant'], 'y')], ['x', 'constant'])).toBeUndefined();
  });
});

test('a shape that a node holds as a constant has the bound of one that the graph holds', () => {
  const t = { dims: [2], dataType: dataType.int64, int64Data: [100_000, 100_000] };
  const held = { ...node('Constant', [], 'held'), attribute: [{ name: 'value', type: attributeType.tensor, t }] };
  expect(refusalOf([held, node('ConstantOfShape', ['held'], 'y')])).toContain('it makes 10000000000 elements; at most');
});
