import { Stack, type StackProps } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { QueueName } from '#domain/ports/queue/port.ts';
import { type FunctionName, functions, queues } from '#infra/topology.ts';
import type { ApiStack } from '../api/stack.ts';
import type { EventsStack } from '../events/stack.ts';
import type { TrainyardFunction } from '../functions/function.ts';
import { type Installation, prefixOf } from '../scope.ts';
import { watch } from './alarms.ts';
import { Budget } from './budget.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly installation: Installation;
  readonly events: EventsStack;
  readonly api: ApiStack;
  /** The functions of all stacks. */
  readonly functions: ReadonlyMap<FunctionName, TrainyardFunction>;
}

/** Seconds that a message may wait: twice its consumer's time limit, but at least this. */
const MIN_WAIT = 900;

/** Streams of events take longer, but they are few. */
const LATENCY_MS = 10_000;
/** Of the thousand concurrent calls that most AWS accounts have. */
const CONCURRENCY = 800;

/** The dashboard and the alarms, except those of dead-letter queues, which are with the queues. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const { installation, events, api } = props;
    const topic: ITopic = events.alarms;
    const all = [...props.functions];

    // Errors of functions need no alarm of their own, and every alarm costs while nobody calls. What a function behind a
    // surface fails with is an answer 5xx of the gateway; any other function's messages and events are dead-lettered.
    // One alarm instead of one for each function: the limit is the account's, and every alarm costs while nobody calls.
    watch(this, 'FunctionThrottles', topic, {
      message:
        'Functions are called more often than the limit of concurrent functions allows, which all functions of this AWS account share in a region.',
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: Stats.SUM }),
      above: 0,
      periods: 2,
    });
    watch(this, 'FunctionConcurrency', topic, {
      message:
        'Functions of this AWS account come near the limit of concurrent functions. Ask AWS for a higher quota before calls are refused.',
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'ClaimedAccountConcurrency',
        statistic: Stats.MAXIMUM,
      }),
      above: CONCURRENCY,
      periods: 2,
    });
    for (const [name, queue] of Object.entries(events.queues)) {
      const { timeoutSeconds } = functions[queues[name as QueueName].consumer];
      watch(this, `${name}Age`, topic, {
        message: `Messages of queue ${name} wait: its consumer fails or cannot keep up.`,
        metric: queue.metricApproximateAgeOfOldestMessage(),
        above: Math.max(MIN_WAIT, timeoutSeconds * 2),
        periods: 2,
      });
    }
    for (const [name, one] of api.apis) {
      watch(this, `${name}ServerErrors`, topic, {
        message: `The surface ${name} answers with errors of its own (5xx).`,
        metric: one.metricServerError(),
        above: 5,
        periods: 1,
      });
      watch(this, `${name}Latency`, topic, {
        message: `The surface ${name} answers slowly: one in twenty calls takes longer than ${LATENCY_MS / 1000} s.`,
        metric: one.metricLatency({ statistic: 'p95' }),
        above: LATENCY_MS,
        periods: 3,
      });
    }
    watch(this, 'TableThrottles', topic, {
      message: 'The table refuses requests: one partition is asked for too much.',
      metric: new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: 'ThrottledRequests',
        dimensionsMap: { TableName: events.world.data.table.tableName },
        statistic: Stats.SUM,
      }),
      above: 10,
      periods: 2,
    });
    new Budget(this, 'Budget', installation, topic);

    const graph = (title: string, left: readonly IMetric[]) => new GraphWidget({ title, left: [...left], width: 12 });
    new Dashboard(this, 'Dashboard', {
      dashboardName: prefixOf(installation),
      widgets: [
        [
          graph(
            'Requests',
            [...api.apis.values()].map((one) => one.metricCount()),
          ),
          graph(
            'Latency, 99th percentile',
            [...api.apis.values()].map((one) => one.metricLatency({ statistic: 'p99' })),
          ),
        ],
        [
          graph(
            'Errors',
            all.map(([, one]) => one.metricErrors()),
          ),
          graph(
            'Duration of functions, 99th percentile',
            all.map(([, one]) => one.metricDuration({ statistic: 'p99' })),
          ),
        ],
        [
          graph(
            'Waiting messages',
            Object.values(events.queues).map((one) => one.metricApproximateNumberOfMessagesVisible()),
          ),
          graph(
            'Dead-lettered messages',
            Object.values(events.queues).map((one) => one.dead.metricApproximateNumberOfMessagesVisible()),
          ),
        ],
      ],
    });
  }
}
