/** What may stand beside a number: a currency, `%`, or what is measured. */
const CURRENCIES =
  'USD EUR GBP CHF JPY CNY INR CAD AUD NZD SEK NOK DKK PLN CZK HUF BRL MXN ZAR TRY KRW SGD HKD kr zł Kč Fr. R$ US$';

/** No capital letter alone: `12 A` is a house. */
const MEASURES = [
  'kg g mg µg μg t lb lbs oz',
  'km m cm mm µm μm ft in mi yd km² km2 m² m2 cm² ha m³ m3 cm³',
  'l L ml mL cl dl gal',
  'km/h kmh mph m/s rpm bpm Hz kHz MHz GHz',
  'ms s sec min h hr hrs day days',
  '°C °F °',
  'kW MW kWh MWh mV kV mA kJ kcal cal hPa kPa bar psi mmHg dB',
  'kB KB MB GB TB px pt ppm pcs mg/dl mg/dL mmol/l mmol/L',
].join(' ');

const CURRENCY_SIGN = /^\p{Sc}$/u;
const BEFORE: ReadonlySet<string> = new Set(['%', ...CURRENCIES.split(' ')]);
const AFTER: ReadonlySet<string> = new Set([...BEFORE, ...MEASURES.split(' ')]);

/** The longest one first. */
const LENGTHS = { before: lengthsOf(BEFORE), after: lengthsOf(AFTER) };

function lengthsOf(units: ReadonlySet<string>): readonly number[] {
  return [...new Set([...units].map(({ length }) => length))].sort((a, b) => b - a);
}

/** Not currencies, which stand beside numbers of any column. */
const isMeasure = (unit: string): boolean => unit === '%' || (AFTER.has(unit) && !BEFORE.has(unit));

/**
 * Whether a number with that unit is none of a column whose numbers have these units: `800 g` where they are in kg, and
 * `20 %` where there are none.
 */
export const isForeignUnit = (unit: string, units: readonly string[] = []): boolean =>
  unit !== '' && (units.length > 0 ? !units.includes(unit) : isMeasure(unit));

/** '' if it begins with none, or is nothing else. */
export function leadingUnit(text: string): string {
  const isUnit = (unit: string) => BEFORE.has(unit) || CURRENCY_SIGN.test(unit);
  const length = LENGTHS.before.find((n) => n < text.length && isUnit(text.slice(0, n)));
  return length === undefined ? '' : text.slice(0, length);
}

/** '' if it ends with none, or is nothing else. */
export function trailingUnit(text: string): string {
  const isUnit = (unit: string) => AFTER.has(unit) || CURRENCY_SIGN.test(unit);
  const length = LENGTHS.after.find((n) => n < text.length && isUnit(text.slice(-n)));
  return length === undefined ? '' : text.slice(-length);
}
