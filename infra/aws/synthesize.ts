import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Writes the templates. Where the AWS Solutions pack finds what nobody has explained, `cdk` says so and fails. */
export function synthesize(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}
