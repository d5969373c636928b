import { describe, expect, test } from '@jest/globals';
import { attributeType, dataType, encodeModel, type NodeProto } from '#engine/onnx/proto.ts';
import { importedFiles } from '#learning/imported/files.ts';
import { readImported } from '#learning/imported/read.ts';
import recorded from '#test/fixtures/golden/imported.json' with { type: 'json' };

const node = (
  opType: string,
  input: string[],
  output: string,
  more: Readonly<Record<string, number>> = {},
): NodeProto => ({
  ...{ name: output, opType, domain: '', input, output: [output] },
  attribute: Object.entries(more).map(([name, i]) => ({ name, type: attributeType.int, i })),
});
const value = (name: string, columns: number) => ({
  name,
  type: { tensorType: { elemType: dataType.float32, shape: { dim: [{ dimParam: 'rows' }, { dimValue: columns }] } } },
});

/** Of one feature. */
const modelOf = (nodes: NodeProto[]): Uint8Array =>
  encodeModel({
    ...{ irVersion: 8, producerName: '', producerVersion: '', domain: '', modelVersion: 0, docString: '' },
    graph: {
      ...{ name: 'g', node: nodes, input: [value('x', 1)], output: [value('y', 1)] },
      initializer: [{ name: 'axis', dims: [1], dataType: dataType.int64, int64Data: [0] }],
    },
    ...{ opsetImport: [{ domain: '', version: 18 }], metadataProps: [] },
  });

/** As a network in PyTorch that was exported while it was training. */
const overItsBatch = modelOf([
  node('ReduceMean', ['x', 'axis'], 'mean', { keepdims: 1 }),
  node('Sub', ['x', 'mean'], 'y'),
]);
const byItself = modelOf([node('Neg', ['x'], 'y')]);

describe('a model of others', () => {
  test('whose rows change each other’s answers is imported with a warning, which its card has too', async () => {
    const imported = await readImported(overItsBatch, { target: 'y' });
    expect(imported.warnings).toMatchObject([
      {
        code: 'rows_change_answers',
        message: expect.stringMatching(/the same row was answered 0 alone, and -?\d[\d.]* beside 5 others$/u),
        overrule: null,
      },
    ]);
    const facts = { name: 'm', fileName: 'm.onnx', createdAt: '2026-01-31T00:00:00.000Z' };
    const card = importedFiles(overItsBatch, imported, facts).find(({ file }) => file === 'model-card.md')!;
    expect(Buffer.from(card.bytes).toString()).toContain('- rows\\_change\\_answers: The rows of a request');
  });

  test('is compared with the examples, where there are some', async () => {
    const examples = [1, 2, 3].map((x) => ({ input: [x], value: x - 2 }));
    const { warnings } = await readImported(overItsBatch, { target: 'y', examples });
    expect(warnings[0]?.message).toMatch(/answered 0 alone, and -1 beside 2 others$/u);
  });

  test('that answers each row by itself has none', async () => {
    expect((await readImported(byItself, { target: 'y' })).warnings).toEqual([]);
    for (const { onnx } of Object.values(recorded.served))
      expect((await readImported(Buffer.from(onnx, 'base64'), { target: 'y' })).warnings).toEqual([]);
  });
});
