/**
 * The templates of several installations, made in a separate process: jest takes many times longer than Node.js to load
 * the CDK.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation takes
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

export interface Synthesized {
  readonly resources: readonly Resource[];
  /** By stack and then by name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, { readonly Value: unknown }>>>>;
  /** The unacknowledged findings of the AWS Solutions pack, as `rule: where`. */
  readonly findings: readonly string[];
}

/** Installations by name, with their overrides; `open` has a bucket that breaks rules. */
export const VARIANTS = {
  dev: { stage: 'dev', override: {} },
  prod: { stage: 'prod', override: {} },
  full: {
    stage: 'prod',
    override: { waf: true, domain: 'ml.example.com', certificate: 'arn:aws:acm:us-east-1:111122223333:certificate/x' },
  },
  small: { stage: 'prod', override: { batch: false } },
  withoutGpu: { stage: 'prod', override: { gpu: false, capacityHours: '1', misconfigurationMinutes: '120' } },
  open: { stage: 'dev', override: { batch: false, registration: 'open' } },
} as const;
export type Variant = keyof typeof VARIANTS;

export function synthesized(): Readonly<Record<Variant, Synthesized>> {
  const program = join(import.meta.dirname, 'synthesize.ts');
  const text = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(text);
}

export const ofType = (of: Synthesized, type: string): readonly Resource[] =>
  of.resources.filter((resource) => resource.Type === type);

export const named = (resource: Resource): string => `${resource.stack}/${resource.id}`;
