/** Scores of classes that another thread finds while this one does something else. */
import type { Outputs } from '../fit/kept-outputs.ts';
import type { RowThread } from '../row-thread.ts';
import { ClassScoring, type ScoresOfClasses, type ScoringOf } from './class-scores.ts';

type Judging = Omit<Outputs, 'piece'>;

export type ScoreMessage = { readonly kind: 'scores'; readonly of: ScoringOf; readonly pieces: readonly Judging[] };

export interface Scored {
  readonly kind: 'scored';
  readonly scores: ScoresOfClasses;
}

/** In the other thread. */
export function scoreShare({ of, pieces }: ScoreMessage): Scored {
  const scoring = new ClassScoring(of);
  for (const piece of pieces) scoring.add(piece);
  return { kind: 'scored', scores: scoring.result() };
}

/** As in this thread. */
export async function scoresWith(
  thread: RowThread,
  of: ScoringOf,
  outputs: readonly Judging[],
): Promise<ScoresOfClasses> {
  const pieces = outputs.map(({ values, width, truths }) => ({ values, width, truths }));
  const message: ScoreMessage = { kind: 'scores', of, pieces };
  const { scores } = await thread.ask<Scored>(message, 'scored');
  return scores;
}
