/** Training cannot succeed, and the reason is the data's or the settings': the message is for the owner of the job. */
export class TrainingFailure extends Error {
  override readonly name = 'TrainingFailure';
}
