/** What an archive of a model's files says of the model; its first file. */
import { z } from 'zod';
import { artifact, type Model, model } from '#domain/models/record.ts';

export const RECORD_FILE = 'trainyard.json';

export const platformModelFacts = z.object({
  /** The version of this format. */
  format: z.literal(1),
  model: model.pick({
    name: true,
    version: true,
    model_type: true,
    task: true,
    target: true,
    architecture: true,
    performance: true,
    test_performance: true,
    final_metrics: true,
    training_config: true,
    hyperparameters: true,
    warnings: true,
    created_at: true,
  }),
  files: z.array(artifact),
});
export type PlatformModelFacts = z.infer<typeof platformModelFacts>;

export const recordOf = ({ artifacts, ...of }: Model): PlatformModelFacts => ({
  format: 1,
  model: platformModelFacts.shape.model.parse(of),
  files: artifacts,
});
