import type { Bin } from '../metrics/reliability.ts';
import { draw, GREY } from './draw.ts';

/** How often answers of a confidence are right. Those of a well calibrated model lie on the diagonal. */
export function drawReliability(bins: readonly Bin[], calibrationError: number): string {
  const largest = Math.max(1, ...bins.map(({ rows }) => rows));
  const points = bins.filter(({ rows }) => rows > 0);
  const axis = { type: 'value', min: 0, max: 1, nameLocation: 'middle' };
  return draw(
    { width: 480, height: 480 },
    {
      title: {
        text: 'Accuracy by confidence',
        subtext: `expected calibration error: ${calibrationError.toFixed(4)}`,
        left: 'center',
      },
      grid: { left: 70, right: 30, top: 70, bottom: 60 },
      xAxis: { ...axis, name: 'confidence', nameGap: 30 },
      yAxis: { ...axis, name: 'accuracy', nameGap: 40 },
      series: [
        {
          type: 'line',
          showSymbol: false,
          lineStyle: { type: 'dashed' },
          color: GREY,
          data: [
            [0, 0],
            [1, 1],
          ],
        },
        {
          type: 'line',
          data: points.map(({ confidence, accuracy, rows }) => ({
            value: [confidence, accuracy],
            symbolSize: 4 + 16 * Math.sqrt(rows / largest),
          })),
          symbol: 'circle',
        },
      ],
    },
  );
}
