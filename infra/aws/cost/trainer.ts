/** The price of a second of a trainer, by where it runs: each trainer reports its job's cost. */
import { functions, trainer } from '#infra/topology.ts';
import type { Settings } from '../settings.ts';
import { machineHour } from './compute.ts';
import { PRICES } from './prices.ts';

export type TrainerPlace = 'function' | 'cpu' | 'gpu';

const SECONDS_AN_HOUR = 3600;

/** US dollars, on demand: the savings of spot are not known in advance. */
export function trainerSecondPrice(place: TrainerPlace, { architecture }: Pick<Settings, 'architecture'>): number {
  if (place !== 'function') return machineHour(`${place}Machine`) / SECONDS_AN_HOUR;
  const price = architecture === 'arm64' ? PRICES.functionMemory : PRICES.functionMemoryX64;
  return (functions[trainer.function].memoryMegabytes / 1024) * price;
}
