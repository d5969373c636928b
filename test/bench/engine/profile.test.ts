import { expect, test } from '@jest/globals';
import { sharesOf } from '../../../bench/engine/profile.ts';

const node = (op_name: string, dur: number) => ({
  cat: 'Node',
  name: `${op_name}.1_kernel_time`,
  dur,
  args: { op_name },
});

test('a profile is summed up by operator, without the time of what only runs others', () => {
  const events = [
    node('Mul', 100),
    node('Gemm', 700),
    node('Mul', 100),
    node('Scan', 950),
    { cat: 'Session', name: 'SequentialExecutor::Execute', dur: 990 },
    { cat: 'Session', name: 'model_run', dur: 1000 },
  ];
  expect(sharesOf(events, 2)).toEqual([
    { op: 'Gemm', milliseconds: 0.35, share: 0.7, nodes: 0.5 },
    { op: 'Mul', milliseconds: 0.1, share: 0.2, nodes: 1 },
    { op: 'outside kernels', milliseconds: 0.05, share: 0.1, nodes: 0.5 },
  ]);
});
