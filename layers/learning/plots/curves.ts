import type { History } from '../fit/fit.ts';
import { COLOURS, draw, type Option } from './draw.ts';
import { type Scale, scaleOf } from './scale.ts';

/** More points than a picture has pixels say nothing more. */
const MOST_POINTS = 500;
const PANEL = { width: 640, height: 240, top: 50, gap: 60, left: 70, right: 20 };

/**
 * Each metric of a history in a panel of its own, of the training rows and of those kept back. `undefined` for a training that
 * ended within its first epoch.
 */
export function drawCurves(history: History, bestEpoch: number): string | undefined {
  const metrics = Object.keys(history).filter((name) => !name.startsWith('val_') && history[name]!.length > 0);
  const [first] = metrics;
  if (first === undefined) return undefined;
  const epochs = history[first]!.length;
  const height = PANEL.top + metrics.length * (PANEL.height + PANEL.gap);
  const scales = metrics.map((name) => scaleOf([...history[name]!, ...(history[`val_${name}`] ?? [])]));
  const axis = metrics.map((name, i) => ({
    grid: {
      left: PANEL.left,
      right: PANEL.right,
      top: PANEL.top + i * (PANEL.height + PANEL.gap),
      height: PANEL.height,
    },
    xAxis: {
      type: 'value',
      gridIndex: i,
      min: 1,
      max: Math.max(2, epochs),
      name: 'epoch',
      minInterval: 1,
      nameLocation: 'middle',
      nameGap: 25,
    },
    yAxis: { type: 'value', gridIndex: i, scale: true, name: `${name}${scales[i]!.unit}` },
  }));
  const hasValidation = metrics.some((name) => history[`val_${name}`]);
  return draw(
    { width: PANEL.width, height },
    {
      title: { text: 'Scores by epoch', subtext: `best epoch: ${bestEpoch}`, left: 'center' },
      legend: { data: ['training', ...(hasValidation ? ['validation'] : [])], right: PANEL.right, top: 8 },
      grid: axis.map(({ grid }) => grid),
      xAxis: axis.map(({ xAxis }) => xAxis),
      yAxis: axis.map(({ yAxis }) => yAxis),
      series: metrics.flatMap((name, i) => [
        line('training', history[name]!, i, scales[i]!),
        ...(history[`val_${name}`] ? [line('validation', history[`val_${name}`]!, i, scales[i]!)] : []),
      ]),
    },
  );
}

function line(name: 'training' | 'validation', values: readonly number[], panel: number, { shown }: Scale): Option {
  const every = Math.ceil(values.length / MOST_POINTS);
  const points = values
    .map((value, i) => [i + 1, shown(value)])
    .filter((_, i) => i % every === 0 || i === values.length - 1);
  const color = COLOURS[name === 'training' ? 0 : 1];
  return {
    type: 'line',
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: points.length === 1,
    color,
    data: points,
  };
}
