import type { Pair } from '../metrics/pairs.ts';
import { draw, GREY } from './draw.ts';
import { scaleOf } from './scale.ts';

/** Predicted by actual values. Right answers lie on the diagonal. */
export function drawPredicted(pairs: readonly Pair[]): string {
  const values = pairs.flat();
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const { shown, unit } = scaleOf(values);
  const axis = { type: 'value', scale: true, nameLocation: 'middle', axisLine: { onZero: false } };
  return draw(
    { width: 480, height: 480 },
    {
      title: { text: 'Predicted by actual values', subtext: `${pairs.length} rows`, left: 'center' },
      grid: { left: 90, right: 30, top: 70, bottom: 60 },
      xAxis: { ...axis, name: `actual${unit}`, nameGap: 30 },
      yAxis: { ...axis, name: `predicted${unit}`, nameGap: 60 },
      series: [
        {
          type: 'line',
          showSymbol: false,
          lineStyle: { type: 'dashed' },
          color: GREY,
          data: [
            [shown(least), shown(least)],
            [shown(most), shown(most)],
          ],
        },
        { type: 'scatter', symbolSize: 5, itemStyle: { opacity: 0.6 }, data: pairs.map((pair) => pair.map(shown)) },
      ],
    },
  );
}
