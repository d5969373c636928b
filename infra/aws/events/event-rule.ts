import { Duration } from 'aws-cdk-lib';
import { type EventBus, type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '#domain/ports/events/envelope.ts';
import type { DeadLetters } from './dead-letters.ts';

/** How long and how often the bus retries. */
const RETRIES = { maxEventAge: Duration.hours(6), retryAttempts: 20 } as const;

/** Our own events of these types. */
export const ofTypes = (types: readonly string[]): EventPattern => ({ source: [EVENT_SOURCE], detailType: [...types] });

/** Delivers events to a function; those that cannot be delivered are dead-lettered. */
export class EventRule extends Rule {
  constructor(
    scope: Construct,
    id: string,
    props: {
      /** Default: the account's default bus, which has AWS's own events. */
      readonly bus?: EventBus;
      readonly pattern: EventPattern;
      readonly target: IFunction;
      readonly dead: DeadLetters;
    },
  ) {
    const { bus, pattern, target, dead } = props;
    super(scope, id, { ...(bus ? { eventBus: bus as IEventBus } : {}), eventPattern: pattern });
    this.addTarget(new LambdaFunction(target, { deadLetterQueue: dead, ...RETRIES }));
  }
}
