import { BatchClient } from '@aws-sdk/client-batch';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { type ClientOptions, clientConfig } from '../client-options.ts';
import { AwsCompute, type ComputeContext } from './compute.ts';

/** Compute, over clients of its own. */
export function openCompute(options: ClientOptions, context: Omit<ComputeContext, 'batch' | 'lambda'>): AwsCompute {
  const config = clientConfig(options);
  return new AwsCompute({ batch: new BatchClient(config), lambda: new LambdaClient(config), ...context });
}
