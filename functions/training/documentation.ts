/** What the OpenAPI document of the surface `training` says beside its routes. */
import { describeErrors } from '#functions/http/documentation/errors.ts';
import { renderTrainingError, trainingError } from '#functions/http/errors/training.ts';
import type { DocumentFacts } from '#functions/http/openapi.ts';

export const documentFacts = (version: string): DocumentFacts => ({
  title: 'Trainyard training service API',
  version,
  description: 'Loads pretrained encoders, fine-tunes them to classify texts, and keeps the versions.',
  tags: [
    { name: 'Health', description: 'Whether the service is running' },
    { name: 'Models', description: 'Models and their versions' },
    { name: 'Loading', description: 'Loading pretrained encoders from a hub' },
    { name: 'Training', description: 'Jobs that train models' },
    { name: 'Training data', description: 'Files of labelled texts' },
    { name: 'Prediction', description: 'Classifying texts' },
  ],
  errorAt: (path) => describeErrors({ schema: trainingError, render: renderTrainingError }, path),
});
