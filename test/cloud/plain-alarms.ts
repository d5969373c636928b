/** MiniStack knows no alarms on expressions of metrics: each becomes one on the metric that its expression is of. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Metric {
  readonly MetricStat?: {
    readonly Metric: Readonly<Record<string, unknown>>;
    readonly Period: number;
    readonly Stat: string;
  };
}

interface Resource {
  readonly Type: string;
  Properties?: Readonly<Record<string, unknown>>;
}

/** Changes the templates of a synthesized app. */
export function makeAlarmsPlain(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.template.json'))) {
    const file = join(folder, name);
    const template = JSON.parse(readFileSync(file, 'utf8')) as { readonly Resources?: Record<string, Resource> };
    for (const resource of Object.values(template.Resources ?? {})) {
      if (resource.Type === 'AWS::CloudWatch::Alarm') resource.Properties = plain(resource.Properties ?? {});
    }
    writeFileSync(file, JSON.stringify(template, undefined, 1));
  }
}

function plain({ Metrics: metrics, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (metrics === undefined) return rest;
  const stat = (metrics as readonly Metric[]).find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat;
  if (stat === undefined) throw new Error(`an alarm's expression is of no metric: ${JSON.stringify(metrics)}`);
  return { ...rest, ...stat.Metric, Period: stat.Period, Statistic: stat.Stat };
}
