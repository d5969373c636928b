import { describe, expect, test } from '@jest/globals';
import { functions, queues, rules, schedules, surfaces, trainer } from '#infra/topology.ts';
import { named, ofType, type Resource, type Synthesized, type Variant } from '../synthesized.ts';

/** The logical id that a value refers to, at any depth. */
const referred = (value: unknown): string => /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(value))?.[1] ?? '';

export function asynchronous({ dev, prod }: Readonly<Record<Variant, Synthesized>>): void {
  const isDead = (queue: Resource): boolean => queue.Properties.RedrivePolicy === undefined;

  interface AlarmMetric {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: { readonly MetricName: string; readonly Dimensions: unknown } };
  }

  /** Queues of which an alarm watches how many messages are new: each further one raises it again. */
  const watched = (): Set<string> =>
    new Set(
      ofType(prod, 'AWS::CloudWatch::Alarm')
        .filter((alarm) => alarm.Properties.AlarmActions.length > 0 && alarm.Properties.Threshold === 0)
        .flatMap((alarm) => {
          const metrics: readonly AlarmMetric[] = alarm.Properties.Metrics ?? [];
          const isOfNew = metrics.some(({ Expression }) => Expression === 'DIFF(FILL(messages, 0))');
          const counted = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
          return counted
            .filter(({ MetricName }) => isOfNew && MetricName === 'ApproximateNumberOfMessagesVisible')
            .map(({ Dimensions }) => `${alarm.stack}/${referred(Dimensions)}`);
        }),
    );

  const expectWatched = (stack: string, arn: unknown): void => {
    const dead = `${stack}/${referred(arn)}`;
    expect([dead, watched().has(dead)]).toEqual([dead, true]);
  };

  describe('asynchronous work', () => {
    test("messages that a queue's consumer cannot handle go to a dead-letter queue with an alarm", () => {
      const working = ofType(prod, 'AWS::SQS::Queue').filter((queue) => !isDead(queue));
      expect(working.map((queue) => queue.Properties.RedrivePolicy.maxReceiveCount).sort()).toEqual(
        Object.values(queues)
          .map((queue) => queue.maxReceives)
          .sort(),
      );
      for (const queue of working) expectWatched(queue.stack, queue.Properties.RedrivePolicy.deadLetterTargetArn);
    });

    test('a consumer knows the last delivery of a message, and may dead-letter it with the reason', () => {
      for (const [name, spec] of Object.entries(queues)) {
        const consumer = ofType(prod, 'AWS::Lambda::Function').find(({ id }) =>
          id.startsWith(spec.consumer.replaceAll('-', '')),
        )!;
        const variables = consumer.Properties.Environment.Variables;
        expect(variables[`TRAINYARD_RECEIVES_${name.toUpperCase()}`]).toBe(String(spec.maxReceives));
        const dead = referred(variables[`TRAINYARD_DEAD_${name.toUpperCase()}`]);
        const policies = ofType(prod, 'AWS::IAM::Policy').filter((policy) =>
          JSON.stringify(policy.Properties.Roles).includes(referred(consumer.Properties.Role)),
        );
        const burying = policies
          .flatMap((policy) => policy.Properties.PolicyDocument.Statement)
          .filter((one: { Sid?: string }) => one.Sid === 'DeadLetterMessages');
        expect(burying).toEqual([expect.objectContaining({ Action: 'sqs:SendMessage' })]);
        expect([dead, referred(burying[0].Resource)]).toEqual([expect.stringMatching(/Dead/), dead]);
      }
    });

    test('every dead-letter queue has an alarm and a retention of two weeks', () => {
      const dead = ofType(prod, 'AWS::SQS::Queue').filter(isDead);
      for (const queue of dead) {
        expect([named(queue), watched().has(named(queue)), queue.Properties.MessageRetentionPeriod]).toEqual([
          named(queue),
          true,
          14 * 86_400,
        ]);
      }
    });

    test('a consumer reports which messages failed, so that a poison message does not block the others', () => {
      const mappings = ofType(prod, 'AWS::Lambda::EventSourceMapping');
      expect(mappings).toHaveLength(Object.keys(queues).length);
      for (const mapping of mappings) {
        expect(mapping.Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
        expect(mapping.Properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
      }
    });

    test('readers know how many they are, so that no account has all of them', () => {
      const mapping = ofType(prod, 'AWS::Lambda::EventSourceMapping').find(({ id }) => /datasets/.test(id))!;
      const reader = ofType(prod, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('processdataset'))!;
      const settings = JSON.parse(reader.Properties.Environment.Variables.TRAINYARD_SETTINGS);
      expect(settings.datasetReaders).toBe(mapping.Properties.ScalingConfig.MaximumConcurrency);
    });

    test('a message is hidden for longer than its consumer may take', () => {
      const hidden = ofType(prod, 'AWS::SQS::Queue').flatMap((queue) => queue.Properties.VisibilityTimeout ?? []);
      expect(hidden.sort()).toEqual(
        Object.values(queues)
          .map((queue) => queue.visibilitySeconds)
          .sort(),
      );
    });

    test('each rule of the topology is one on its bus, with retries and then a dead-letter queue', () => {
      const made = ofType(prod, 'AWS::Events::Rule');
      expect(made.map((rule) => rule.Properties.EventPattern['detail-type'])).toEqual(rules.map((rule) => rule.types));
      expect(made.map((rule) => rule.Properties.EventPattern.source)).toEqual(
        rules.map((rule) => [rule.source ?? 'trainyard']),
      );
      for (const rule of made) {
        const [target] = rule.Properties.Targets;
        expect(target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0);
        expectWatched(rule.stack, target.DeadLetterConfig.Arn);
      }
    });

    test('a function that is invoked asynchronously has a dead-letter queue with an alarm too', () => {
      const called = new Set<string>([...rules, ...schedules].map((caller) => caller.target)).add(trainer.function);
      const configured = ofType(prod, 'AWS::Lambda::EventInvokeConfig');
      expect(configured).toHaveLength(called.size);
      for (const one of configured) expectWatched(one.stack, one.Properties.DestinationConfig.OnFailure.Destination);
    });

    test('a training that failed in a function is not run again by Lambda', () => {
      const retries = ofType(prod, 'AWS::Lambda::EventInvokeConfig').map(
        ({ Properties: one }) => [referred(one.FunctionName).replace(/\w{8}$/, ''), one.MaximumRetryAttempts] as const,
      );
      for (const [name, attempts] of retries)
        expect([name, attempts]).toEqual([name, name === trainer.function.replaceAll('-', '') ? 0 : 2]);
    });

    test('each schedule exists, and runs that cannot start go to a dead-letter queue with an alarm', () => {
      const made = ofType(prod, 'AWS::Scheduler::Schedule');
      expect(made.map((one) => one.Properties.ScheduleExpression)).toEqual([
        'rate(5 minutes)',
        'rate(1 minute)',
        'rate(1 minute)',
        'rate(5 minutes)',
      ]);
      expect(schedules.map((schedule) => schedule.everySeconds)).toEqual([300, 60, 60, 300]);
      for (const one of made) expectWatched(one.stack, one.Properties.Target.DeadLetterConfig.Arn);
    });

    test('what any function fails with is an answer of a surface or is dead-lettered: both have alarms', () => {
      const answering = Object.values(surfaces).flatMap(({ routes }) => routes.map((one) => one.function));
      const consuming = Object.values(queues).map(({ consumer }) => consumer);
      const called = [...rules, ...schedules].map(({ target }) => target);
      const watched = new Set<string>([...answering, ...consuming, ...called, trainer.function]);
      expect(Object.keys(functions).filter((name) => !watched.has(name))).toEqual([]);
    });

    test('what runs in the background has a part of the concurrency of its own, and no more', () => {
      const reserved = Object.fromEntries(
        ofType(prod, 'AWS::Lambda::Function').flatMap(({ id, Properties: one }) =>
          one.ReservedConcurrentExecutions === undefined ? [] : [[id, one.ReservedConcurrentExecutions as number]],
        ),
      );
      const mappings = ofType(prod, 'AWS::Lambda::EventSourceMapping');
      const consumers = mappings.map(({ Properties: one }) => [
        referred(one.FunctionName),
        one.ScalingConfig.MaximumConcurrency as number,
      ]);
      const training = Object.keys(reserved).find((id) => id.startsWith('runtraining'))!;
      expect(reserved).toEqual({ ...Object.fromEntries(consumers), [training]: 20 });
      // AWS wants a hundred to be left of the thousand that most accounts have.
      expect(Object.values(reserved).reduce((sum, one) => sum + one, 0)).toBeLessThan(900);
      expect(ofType(dev, 'AWS::Lambda::Function').some((one) => 'ReservedConcurrentExecutions' in one.Properties)).toBe(
        false,
      );
    });

    test('errors, latency and throttling of every surface, waiting messages and the bill raise alarms', () => {
      const alarms = ofType(prod, 'AWS::CloudWatch::Alarm').filter((one) => /observability/.test(one.stack));
      const counted = (metric: string) => alarms.filter((one) => one.Properties.MetricName === metric).length;
      expect(counted('5XXError')).toBe(Object.keys(surfaces).length);
      expect(counted('Latency')).toBe(Object.keys(surfaces).length);
      expect(counted('Throttles')).toBe(1);
      expect(counted('ClaimedAccountConcurrency')).toBe(1);
      expect(counted('ApproximateAgeOfOldestMessage')).toBe(Object.keys(queues).length);
      for (const alarm of alarms)
        expect([named(alarm), alarm.Properties.AlarmActions?.length]).toEqual([named(alarm), 1]);
      expect(ofType(prod, 'AWS::Budgets::Budget')[0]!.Properties.Budget.BudgetLimit).toEqual({
        Amount: 500,
        Unit: 'USD',
      });
    });
  });
}
