import { describe, expect, test } from '@jest/globals';
import { ValidationError } from '#domain/errors.ts';
import {
  type AttributeProto,
  attributeType,
  dataType,
  encodeModel,
  type NodeProto,
  type TensorProto,
} from '#engine/onnx/proto.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor } from '#engine/tensor.ts';
import { readImported, type Wishes } from '#learning/imported/read.ts';
import { rowTensors } from '#learning/serving/rows.ts';

const CLASSES = ['setosa', 'versicolor', 'virginica'];
/** The highest score of each is its last, while the model's own label is that of its lowest. */
const ROWS = [
  [0.1, 0.3, 0.6],
  [0.3, 0.1, 0.6],
];

const node = (opType: string, input: string[], output: string, attribute: AttributeProto[] = []): NodeProto => ({
  ...{ name: output, opType, domain: opType.startsWith('Array') ? 'ai.onnx.ml' : '', input, output: [output] },
  attribute,
});
const int = (name: string, i: number): AttributeProto => ({ name, type: attributeType.int, i });
const lowest = node('ArgMin', ['x'], 'place', [int('axis', 1), int('keepdims', 0)]);

const numbers = (...values: number[]): TensorProto => ({
  ...{ name: 'list', dims: [values.length], dataType: dataType.int64, int64Data: values },
});
const texts = (...values: string[]): TensorProto => ({
  ...{ name: 'list', dims: [values.length], dataType: dataType.string },
  stringData: values.map((value) => Buffer.from(value)),
});

const value = (name: string, type: number, columns?: number) => {
  const dim = [{ dimParam: 'rows' }, ...(columns ? [{ dimValue: columns }] : [])];
  return { name, type: { tensorType: { elemType: type, shape: { dim } } } };
};

interface Labelling {
  readonly nodes: NodeProto[];
  readonly elemType: number;
  readonly list?: TensorProto;
  readonly mlOpset?: number;
}

/** The scores are the row. */
function model({ nodes, elemType, list, mlOpset }: Labelling): Uint8Array {
  return encodeModel({
    ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    graph: {
      ...{ name: 'g', node: [lowest, ...nodes, node('Identity', ['x'], 'scores')], initializer: list ? [list] : [] },
      input: [value('x', dataType.float32, 3)],
      output: [value('own', elemType), value('scores', dataType.float32, 3)],
    },
    opsetImport: [{ domain: '', version: 11 }, ...(mlOpset ? [{ domain: 'ai.onnx.ml', version: mlOpset }] : [])],
    metadataProps: [],
  });
}

const places: Labelling = { nodes: [node('Identity', ['place'], 'own')], elemType: dataType.int64 };
const taken = (list: TensorProto): Labelling => ({
  nodes: [node('Gather', ['list', 'place'], 'own')],
  elemType: list.dataType,
  list,
});

const read = (of: Labelling, wishes: Partial<Wishes> = { classes: CLASSES }) =>
  readImported(model(of), { target: 'target', ...wishes });

describe("a model's own label, which may be another class than that of the highest score, is answered", () => {
  test.each<[string, Labelling]>([
    ['numbers from 0', places],
    ['numbers of a type that is shorter', { nodes: [node('Cast', ['place'], 'own', [int('to', 6)])], elemType: 6 }],
    ['numbers that the file lists', taken(numbers(3, -5, 70))],
    ['texts that the file lists', taken(texts('a', 'b', 'c'))],
    ['texts, beside the first version of ai.onnx.ml', { ...taken(texts('a', 'b', 'c')), mlOpset: 1 }],
    ['texts, beside a later version of ai.onnx.ml', { ...taken(texts('a', 'b', 'c')), mlOpset: 3 }],
    [
      'numbers of an operator of ai.onnx.ml, as a matrix that becomes a list',
      {
        nodes: [
          node('ArrayFeatureExtractor', ['list', 'place'], 'matrix'),
          node('Squeeze', ['matrix'], 'own', [{ name: 'axes', type: attributeType.ints, ints: [0] }]),
        ],
        ...{ elemType: dataType.int64, list: numbers(1, 2, 3), mlOpset: 1 },
      },
    ],
    ['texts that are the classes', taken(texts(...CLASSES))],
  ])('under the names that the classes are given: of %s', async (_, of) => {
    const examples = [
      { input: ROWS[0]!, class: 'setosa' },
      { input: ROWS[1]!, class: 'versicolor', probabilities: { virginica: 0.6 } },
    ];
    const { onnx, serving, notes } = await read(of, { classes: CLASSES, examples });
    await using session = await openSession(onnx);
    const { label } = await session.run(rowTensors(serving.features, ROWS));
    expect([...expectTensor('label', label, 'string').data]).toEqual(['setosa', 'versicolor']);
    expect(serving.classes).toEqual(CLASSES);
    expect(notes).toContain('output own is the label');
  });

  test('and where no names are given, the classes have those of the label', async () => {
    expect((await read(taken(numbers(1, 2, 3)), {})).serving.classes).toEqual(['1', '2', '3']);
  });
});

/** One tree: class 0 up to 0.5, class 1 above. */
function trees(
  classes: TensorProto | readonly number[],
  ids: readonly number[],
  weights: readonly number[],
): Uint8Array {
  const ints = (name: string, ...of: number[]) => ({ name, type: attributeType.ints, ints: of });
  const floats = (name: string, ...of: number[]) => ({ name, type: attributeType.floats, floats: of });
  const words = (name: string, ...of: string[]) => ({
    ...{ name, type: attributeType.strings },
    strings: of.map((word) => Buffer.from(word)),
  });
  const isText = 'stringData' in classes;
  const leaves = ids.map((_, at) => 1 + Math.floor((at * 2) / ids.length));
  const ensemble: NodeProto = {
    ...{
      name: 'trees',
      opType: 'TreeEnsembleClassifier',
      domain: 'ai.onnx.ml',
      input: ['x'],
      output: ['own', 'scores'],
    },
    attribute: [
      isText
        ? { name: 'classlabels_strings', type: attributeType.strings, strings: classes.stringData! }
        : ints('classlabels_int64s', ...(classes as readonly number[])),
      ...[ints('class_ids', ...ids), ints('class_nodeids', ...leaves), ints('class_treeids', ...ids.map(() => 0))],
      ...[floats('class_weights', ...weights), words('nodes_modes', 'BRANCH_GT', 'LEAF', 'LEAF')],
      ...[ints('nodes_nodeids', 0, 1, 2), ints('nodes_treeids', 0, 0, 0), ints('nodes_featureids', 0, 0, 0)],
      ...[ints('nodes_falsenodeids', 1, 0, 0), ints('nodes_truenodeids', 2, 0, 0), floats('nodes_values', 0.5, 0, 0)],
      { name: 'post_transform', type: attributeType.string, s: Buffer.from('LOGISTIC') },
    ],
  };
  return encodeModel({
    ...{ irVersion: 3, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    graph: {
      ...{ name: 'g', node: [ensemble], initializer: [] },
      input: [value('x', dataType.float32, 1)],
      output: [value('own', isText ? dataType.string : dataType.int64), value('scores', dataType.float32, 2)],
    },
    opsetImport: [{ domain: 'ai.onnx.ml', version: 2 }],
    metadataProps: [],
  });
}

describe('the label of trees is one of the classes that the file lists', () => {
  const both: readonly [number[], number[]] = [
    [0, 1, 0, 1],
    [1, -1, -1, 1],
  ];
  const one: readonly [number[], number[]] = [
    [0, 0],
    [-1, 1],
  ];
  test.each<[string, Uint8Array, Partial<Wishes>, string[]]>([
    // The runtime answers 0 and 1.
    ['with weights for both of two numbers', trees([1, 2], ...both), {}, ['1', '2']],
    ['with weights for both, from 0', trees([0, 1], ...both), {}, ['0', '1']],
    ['with weights for both, under other names', trees([1, 2], ...both), { classes: ['no', 'yes'] }, ['no', 'yes']],
    ['with weights for one of two numbers', trees([1, 2], ...one), {}, ['1', '2']],
    ['with weights for one, under other names', trees([1, 2], ...one), { classes: ['no', 'yes'] }, ['no', 'yes']],
    ['with weights for both of two texts', trees(texts('a', 'b'), ...both), {}, ['a', 'b']],
  ])('%s', async (_, bytes, wishes, classes) => {
    const { onnx, serving } = await readImported(bytes, { target: 'target', ...wishes });
    await using session = await openSession(onnx);
    const { label, probabilities } = await session.run(rowTensors(serving.features, [[0], [1]]));
    expect(serving.classes).toEqual(classes);
    expect([...expectTensor('label', label, 'string').data]).toEqual(classes);
    const [first, second] = expectTensor('probabilities', probabilities, 'float32').data;
    expect(first).toBeGreaterThan(second!);
  });

  test('and names in another order than theirs are refused', async () => {
    const wishes = { target: 'target', classes: ['2', '1'] };
    await expect(readImported(trees([1, 2], ...both), wishes)).rejects.toMatchObject({
      details: [{ field: 'classes', message: "must be in the order of the model's scores: 1, 2; got 2, 1" }],
    });
  });
});

describe('names of classes are refused where the label cannot be said in them', () => {
  const texted: Labelling = {
    nodes: [node('Cast', ['place'], 'own', [int('to', dataType.string)])],
    elemType: dataType.string,
  };
  test.each<[string, Labelling, string[], string]>([
    [
      'a number that is no place',
      { nodes: [node('Add', ['place', 'list'], 'own')], elemType: dataType.int64, list: numbers(7) },
      CLASSES,
      "must be left out: the model's own label, output own, is none of 0, 1, 2; to a row of a trial it was 7",
    ],
    [
      'of another count',
      taken(numbers(3, 4, 5, 6)),
      CLASSES,
      "must be left out: the model's own label, output own, is one of 3, 4, 5, 6: of 4, while there are scores of 3",
    ],
    [
      'a text of no list',
      texted,
      CLASSES,
      "must be left out: the model's own label, output own, is a text, and the file has no list of them",
    ],
    [
      'in another order',
      taken(texts('a', 'b', 'c')),
      ['b', 'a', 'c'],
      "must be in the order of the model's scores: a, b, c; got b, a, c",
    ],
  ])('%s', async (_, of, classes, message) => {
    const error = await read(of, { classes }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).details).toEqual([{ field: 'classes', message }]);
  });
});
