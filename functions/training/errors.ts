/** What is not there, with the codes of the training service. */
import { TrainyardError } from '#domain/errors.ts';

export class ModelNotFoundError extends TrainyardError {
  readonly code = 'model_not_found';
  readonly status = 404;
}

export class JobNotFoundError extends TrainyardError {
  readonly code = 'job_not_found';
  readonly status = 404;
}

export class TrainingDataNotFoundError extends TrainyardError {
  readonly code = 'training_data_not_found';
  readonly status = 404;
}
