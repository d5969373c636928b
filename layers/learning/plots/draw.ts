/** Draws a chart as SVG. Texts from data become texts in it, never markup. */
import { HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  ...[HeatmapChart, LineChart, ScatterChart, SVGRenderer],
  ...[GridComponent, LegendComponent, TitleComponent, VisualMapComponent],
]);

export type Option = EChartsCoreOption;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Colours that people who confuse red and green can tell apart; after Okabe and Ito. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'] as const;
export const GREY = '#999999';

export function draw({ width, height }: Size, option: Option): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#ffffff', color: [...COLOURS], ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
