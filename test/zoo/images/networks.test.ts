import { describe, expect, test } from '@jest/globals';
import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { openSession } from '#engine/run.ts';
import { expectTensor, tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { countParameters } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import type { Family } from '#zoo/family.ts';
import { type Augmentation, augmented } from '#zoo/images/augment.ts';
import { resnet18, resnet50 } from '#zoo/images/resnet.ts';
import { smallCnn } from '#zoo/images/small-cnn.ts';

const defaults = <H extends object>(family: { readonly hyperparameters: { parse(given: object): H } }): H =>
  family.hyperparameters.parse({});

describe('a ResNet', () => {
  const imagenet = { input: [3, 224, 224], outputs: 1000 };

  test.each([
    // As torchvision 0.29 counts them.
    ['resnet18', resnet18, 11_689_512, 62],
    ['resnet50', resnet50, 25_557_032, 161],
  ] as const)('%s has the parameters of torchvision', (_, family, values, tensors) => {
    const network = family.network(imagenet, defaults(family));
    expect(countParameters(network)).toBe(values);
    const trained = network.parameters.filter(({ trainable = true }) => trainable);
    expect(trained).toHaveLength(tensors);
    const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
    expect(shapes.get('conv1.weight')).toEqual([64, 3, 7, 7]);
    expect(shapes.get('bn1.running_var')).toEqual([64]);
    const isDeep = family === resnet50;
    expect(shapes.get('layer1.0.downsample.0.weight')).toEqual(isDeep ? [256, 64, 1, 1] : undefined);
    expect(shapes.get('layer4.0.downsample.1.running_mean')).toEqual([isDeep ? 2048 : 512]);
    expect(shapes.get('layer3.1.conv2.weight')).toEqual([256, 256, 3, 3]);
    expect(shapes.has('layer3.1.conv3.weight')).toBe(isDeep);
  });

  test('takes as many operations as is known of it', () => {
    // He et al. 2016, table 1, counts multiply-adds.
    expect(resnet18.flopsPerRow(imagenet, defaults(resnet18)) / 2).toBeCloseTo(1.8e9, -8);
    expect(resnet50.flopsPerRow(imagenet, defaults(resnet50)) / 2 / 3.9e9).toBeGreaterThan(0.9);
  });
});

describe('the small network', () => {
  test('is a module of PyTorch with the same names of parameters', () => {
    const shape = { input: [3, 9, 40], outputs: 5 };
    const h = smallCnn.hyperparameters.parse({ channels: [4, 6, 8], dropout: 0.25 });
    const { source, state } = smallCnn.torchModule!(shape, h);
    for (const line of ['Block(3, 4, pools=True)', 'Block(4, 6, pools=True)', 'Block(6, 8, pools=False)'])
      expect(source).toContain(line);
    expect(source).toContain('nn.Dropout(0.25)');
    const given = { 'fc.weight': tensorFrom('float32', [2, 3], [1, 2, 3, 4, 5, 6]) };
    expect(state(given)).toEqual({ 'fc.weight': tensorFrom('float32', [3, 2], [1, 4, 2, 5, 3, 6]) });
  });
});

describe('a network of images', () => {
  test.each<[string, Family, number[]]>([
    ['small-cnn', smallCnn, [1, 8, 8]],
    ['small-cnn of 3 × 40 pixels', smallCnn, [3, 3, 40]],
    ['resnet18', resnet18, [3, 16, 12]],
  ])('%s gives outputs of images of any size and number', async (_, family, input) => {
    const network = family.network({ input, outputs: 5 }, defaults(family));
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', ...input]);
    const parameters = Object.fromEntries(
      network.parameters.map(({ name, shape }) => [name, b.input(name, 'float32', shape)]),
    );
    const y = network.forward(b, parameters, x, { training: false });
    const graph = new Graph('inference', [x, ...Object.values(parameters)], { y });
    await using session = await openSession(writeModel(graph, { producer: 'test' }));
    const values = network.parameters.map(({ name, shape }) => {
      const all = new Float32Array(sizeOf(shape)).fill(name.endsWith('running_var') ? 1 : 0.01);
      return [name, tensor('float32', shape, all)];
    });
    const size = sizeOf(input);
    const pixels = Array.from({ length: 2 * size }, (__, i) => Math.sin(i));
    const feeds = { ...Object.fromEntries(values), x: tensorFrom('float32', [2, ...input], pixels) };
    const outputs = expectTensor('y', (await session.run(feeds)).y, 'float32');
    expect(outputs.shape).toEqual([2, 5]);
    expect(toNumbers(outputs).every(Number.isFinite)).toBe(true);
    expect(family.flopsPerRow({ input, outputs: 5 }, defaults(family))).toBeGreaterThan(1000);
  });
});

describe('augmentation', () => {
  const [batch, height, width] = [200, 4, 5];
  /** Each pixel has its place as its number, from 1. */
  const numbers = Array.from({ length: batch * height * width }, (_, i) => 1 + (i % (height * width)));

  async function seen(of: Augmentation, step = 0): Promise<number[][]> {
    const b = new Builder();
    const x = b.input('x', 'float32', [batch, 1, height, width]);
    const at = b.input('step', 'int64', []);
    const y = augmented(b, x, of, { seed: 1, step: at, stream: 'augment' });
    await using session = await openSession(writeModel(new Graph('augment', [x, at], { y }), { producer: 'test' }));
    const feeds = {
      x: tensorFrom('float32', [batch, 1, height, width], numbers),
      step: tensorFrom('int64', [], [step]),
    };
    const values = toNumbers((await session.run(feeds)).y!);
    return Array.from({ length: batch }, (_, i) => values.slice(i * height * width, (i + 1) * height * width));
  }

  test('mirrors about half of the images, and others in another step', async () => {
    const original = numbers.slice(0, height * width);
    const mirrored = original.map((_, i) => original[i - (i % width) + (width - 1 - (i % width))]!);
    const images = await seen({ flip: true, shift: 0 });
    const flipped = images.map((image) => (image[0] === 1 ? original : mirrored));
    expect(images).toEqual(flipped);
    const count = images.filter((image) => image[0] !== 1).length;
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThan(130);
    expect(await seen({ flip: true, shift: 0 }, 1)).not.toEqual(images);
    expect(await seen({ flip: true, shift: 0 })).toEqual(images);
  });

  test('moves images by up to the shift in both directions, and leaves zeros free', async () => {
    const images = await seen({ flip: false, shift: 2 });
    const offsets = images.map((image) => {
      const at = image.findIndex((value) => value > 0);
      const [toX, toY] = [at % width, Math.floor(at / width)];
      const from = image[at]! - 1;
      return [toX - (from % width), toY - Math.floor(from / width)];
    });
    expect(new Set(offsets.map(String)).size).toBe(25);
    expect(Math.max(...offsets.flat().map(Math.abs))).toBe(2);
    for (const [i, image] of images.entries()) {
      const [dx, dy] = offsets[i]! as [number, number];
      const expected = image.map((_, at) => {
        const [x, y] = [(at % width) - dx, Math.floor(at / width) - dy];
        return x >= 0 && x < width && y >= 0 && y < height ? 1 + y * width + x : 0;
      });
      expect(image).toEqual(expected);
    }
  });
});
