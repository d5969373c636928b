import { describe, expect, test } from '@jest/globals';
import { scalar } from '#engine/tensor.ts';
import { StateMemory } from '#engine/training/state-memory.ts';
import { data, open, spec } from '../perceptron.ts';

const state = (step: number) => ({ step: scalar('int64', step) });

describe('the memory of states', () => {
  test('is that of the state before, once the next is there', () => {
    const memory = new StateMemory(state(0));
    const [one, two] = [state(1), state(2)];
    memory.follow(one);
    expect(memory.takeSpare()).toBeUndefined();
    memory.follow(two);
    expect(memory.now).toBe(two);
    expect(memory.takeSpare()).toBe(one);
    expect(memory.takeSpare()).toBeUndefined();
  });

  test('is not used again where a state was handed out, or came from somebody else', () => {
    const memory = new StateMemory(state(0));
    memory.follow(state(1));
    expect(memory.state).toEqual(state(1));
    memory.follow(state(2));
    expect(memory.takeSpare()).toBeUndefined();
    memory.state = state(3);
    memory.takeSpare();
    memory.follow(state(4));
    expect(memory.takeSpare()).toBeUndefined();
  });

  test('is used again when nobody keeps the state any more', () => {
    const memory = new StateMemory(state(0));
    const one = state(1);
    memory.follow(one);
    const [kept, again] = [memory.keep(), memory.keep()];
    memory.follow(state(2));
    kept.release();
    expect(memory.takeSpare()).toBeUndefined();
    again.release();
    expect(memory.takeSpare()).toBe(one);
  });

  test('is not used again after the state was asked for', () => {
    const memory = new StateMemory(state(0));
    const one = state(1);
    memory.follow(one);
    const kept = memory.keep();
    memory.follow(state(2));
    expect(kept.state()).toBe(one);
    kept.release();
    expect(memory.takeSpare()).toBeUndefined();
  });
});

test('a training writes over states that nobody has, and over no other', async () => {
  await using training = await open(spec());
  const batch = [[0, 1, 2]];
  await training.run(batch);
  const kept = training.keep();
  await training.run(batch);
  const held = training.state;
  const copy = structuredClone(held);
  for (let i = 0; i < 3; i++) await training.run(batch);
  expect(held).toEqual(copy);
  await using other = await open(spec(), data);
  await other.run(batch);
  expect(kept.state()).toEqual(other.state);
  await other.run([...batch, ...batch, ...batch, ...batch]);
  expect(training.state).toEqual(other.state);
});
