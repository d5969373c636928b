/** What a second of a trainer costs, by where it runs: each trainer counts what its job has cost with it. */
import { functions, trainer } from '#infra/topology.ts';
import type { Settings } from '../settings.ts';
import { machineHour } from './compute.ts';
import { PRICES } from './prices.ts';

export type TrainerPlace = 'function' | 'cpu' | 'gpu';

const SECONDS_AN_HOUR = 3600;

/** US dollars, at the full price: what spot saves is not known beforehand. */
export function trainerSecondPrice(place: TrainerPlace, { architecture }: Pick<Settings, 'architecture'>): number {
  if (place !== 'function') return machineHour(`${place}Machine`) / SECONDS_AN_HOUR;
  const price = architecture === 'arm64' ? PRICES.functionMemory : PRICES.functionMemoryX64;
  return (functions[trainer.function].memoryMegabytes / 1024) * price;
}
