import { describe, expect, test } from '@jest/globals';
import { uniformStream } from '#engine/random.ts';
import { tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { probeOf } from '#learning/files/probe.ts';
import { expectSameAnswers } from '#learning/files/verify.ts';
import { objectiveOf, shapeOf } from '#learning/fit/task.ts';
import { imageEncoding } from '#learning/image/encoding.ts';
import { exportModel } from '#learning/serving/export.ts';
import { probe } from '#learning/table/probe.ts';
import { smallCnn } from '#zoo/images/small-cnn.ts';
import { learned, mlp } from '../tables.ts';

const rows = Array.from(
  { length: 80 },
  (_, i) => `${i % 8 || ''},${'abc'[i % 3]},${i % 2 ? 'yes' : 'no'},${i % 4},${i}`,
);
const TEXT = `x,word,flag,y,z\n${rows.join('\n')}\n`;

async function exported(target: string) {
  const { preparation, fitted, hyperparameters } = await learned(TEXT, { target, hyperparameters: { epochs: 3 } });
  const network = mlp.network(shapeOf(preparation), hyperparameters);
  const { parameters } = fitted!;
  const onnx = exportModel(preparation, network, parameters, { producer: 'test' });
  const objective = objectiveOf(preparation, network);
  const { encoding } = preparation;
  return { answers: preparation, objective, parameters, onnx, rows: probe(encoding), encoding };
}

describe.each(['word', 'z'])('a model that was exported to predict %s', (target) => {
  test('answers as the network does: with missing cells, and with words that no training row had', async () => {
    const made = await exported(target);
    await expect(expectSameAnswers(made)).resolves.toBeUndefined();
    const feeds = Object.values(made.rows.raw).flatMap((one): (string | number)[] =>
      one.dtype === 'string' ? [...one.data] : toNumbers(one),
    );
    expect(feeds.filter((value) => Number.isNaN(value) || value === '').length).toBeGreaterThan(10);
  });

  test('is refused where one number of its weights is another', async () => {
    const made = await exported(target);
    const { shape } = made.parameters['output.bias']!;
    const bias = toNumbers(made.parameters['output.bias']!);
    const parameters = {
      ...made.parameters,
      'output.bias': tensorFrom('float32', shape, [bias[0]! + 0.001, ...bias.slice(1)]),
    };
    await expect(expectSameAnswers({ ...made, parameters })).rejects.toThrow(
      /^The exported model must answer as the network does; for row 0 of a trial it gave/,
    );
  });

  test('answers alike as well for rows that were made up without knowing the kind of the data', async () => {
    const made = await exported(target);
    await expect(expectSameAnswers({ ...made, rows: (await probeOf(made.encoding))! })).resolves.toBeUndefined();
  });
});

test('a network of images is tried with images, and refused where its file has other means', async () => {
  const of = { shape: [1, 8, 8], values: 'bytes', leftOut: [] } as const;
  const preparation = (mean: number) => ({
    ...({ task: 'classification', classes: ['a', 'b'], scale: { mean: 0, deviation: 1 } } as const),
    encoding: imageEncoding(of, { mean: [mean], deviation: [4] }),
  });
  const answers = preparation(8);
  const network = smallCnn.network(shapeOf(answers), smallCnn.hyperparameters.parse({ channels: [3] }));
  const uniform = uniformStream(1, 'verify');
  const parameters = Object.fromEntries(
    network.parameters.map(({ name, shape, initializer }) => [
      name,
      tensor('float32', shape, initializer([...shape], uniform)),
    ]),
  );
  const spec = { answers, objective: objectiveOf(answers, network), parameters };
  const rows = (await probeOf(answers.encoding))!;
  expect(Object.keys(rows.encoded)).toEqual(['image']);
  const file = (mean: number) => exportModel(preparation(mean), network, parameters, { producer: 'test' });
  await expect(expectSameAnswers({ ...spec, onnx: file(8), rows })).resolves.toBeUndefined();
  await expect(expectSameAnswers({ ...spec, onnx: file(9), rows })).rejects.toThrow(/for row 0 of a trial it gave/);
});
