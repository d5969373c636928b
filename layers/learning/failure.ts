/** Training cannot succeed because of the data or the settings. The message is for the owner of the job. */
export class TrainingFailure extends Error {
  override readonly name = 'TrainingFailure';
}
