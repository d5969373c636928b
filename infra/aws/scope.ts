/** The installation's stage and settings, which every stack gets. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Settings, Stage } from './settings.ts';

export interface Installation {
  readonly stage: Stage;
  readonly settings: Settings;
}

/** The prefix of physical names that must be known in advance. */
export const prefixOf = ({ stage }: Installation): string => `trainyard-${stage}`;

export const removalOf = ({ settings }: Installation): RemovalPolicy =>
  settings.removal === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

export const architectureOf = ({ settings }: Installation): Architecture =>
  settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;

/** The values of `RetentionDays` are its days. */
export const retentionOf = ({ settings }: Installation): RetentionDays => settings.logDays as RetentionDays;
