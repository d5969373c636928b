/** What every stack of an installation knows. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Settings, Stage } from './settings.ts';

export interface Installation {
  readonly stage: Stage;
  readonly settings: Settings;
}

/** Names of what has to be known before it is made begin with this. */
export const prefixOf = ({ stage }: Installation): string => `trainyard-${stage}`;

export const removalOf = ({ settings }: Installation): RemovalPolicy =>
  settings.removal === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

export const architectureOf = ({ settings }: Installation): Architecture =>
  settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;

/** `RetentionDays` is numbered by its days. */
export const retentionOf = ({ settings }: Installation): RetentionDays => settings.logDays as RetentionDays;
