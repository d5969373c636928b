/** Scores of classes that another thread finds while this one does something else. */
import type { Outputs } from '../fit/kept-outputs.ts';
import { type Answers, rememberAnswers } from '../metrics/answers.ts';
import type { RowThread } from '../row-thread.ts';
import { ClassScoring, type ScoresOfClasses, type ScoringOf } from './class-scores.ts';

type Judging = Omit<Outputs, 'piece'>;

export type ScoreMessage = { readonly kind: 'scores'; readonly of: ScoringOf; readonly pieces: readonly Judging[] };

export interface Scored {
  readonly kind: 'scored';
  readonly scores: ScoresOfClasses;
  /** Of each piece. */
  readonly answers: readonly Answers[];
}

/** In the other thread. */
export function scoreShare({ of, pieces }: ScoreMessage): Scored {
  const scoring = new ClassScoring(of);
  const answers = pieces.map((piece) => scoring.add(piece));
  return { kind: 'scored', scores: scoring.result(), answers };
}

/** As in this thread; the answers are remembered for whoever asks for them later. */
export async function scoresWith(
  thread: RowThread,
  of: ScoringOf,
  outputs: readonly Judging[],
): Promise<ScoresOfClasses> {
  const pieces = outputs.map(({ values, width, truths }) => ({ values, width, truths }));
  const message: ScoreMessage = { kind: 'scores', of, pieces };
  const { scores, answers } = await thread.ask<Scored>(message, 'scored');
  for (const [i, { values }] of outputs.entries()) rememberAnswers(values, of.calibration, answers[i]!);
  return scores;
}
