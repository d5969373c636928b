/** What the training of a model of texts minimises. */
import { withEnergyPenalty } from '#engine/training/energy.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Loss } from '#engine/training/loss-type.ts';
import type { TextHyperparameters } from '#zoo/text-hyperparameters.ts';

/** The cross entropy, and where it is asked for the penalty on benign texts. */
export function textLoss({
  labels,
  benign_label,
  energy_penalty: weight,
  energy_margin: margin,
}: Pick<TextHyperparameters, 'labels' | 'benign_label' | 'energy_penalty' | 'energy_margin'>): Loss {
  if (weight === 0) return softmaxCrossEntropy;
  return withEnergyPenalty(softmaxCrossEntropy, { target: labels.indexOf(benign_label), weight, margin });
}
