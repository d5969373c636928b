/** Numbers that Parquet stores as whole numbers of a unit. */

/** How many units a millisecond has. */
const UNITS = { MILLIS: 1n, MICROS: 1000n, NANOS: 1_000_000n } as const;
const DAY_NANOS = 86_400_000_000_000n;
/** The day 0 of INT96 is that of the Julian calendar. */
const EPOCH_DAY = 2_440_588n;

/** Milliseconds since 1970, or since midnight, rounded down. INT96 has days in its upper 32 bits, and nanoseconds of the day. */
export function timeOf(value: bigint | number, unit: keyof typeof UNITS | 'INT96'): number {
  const whole = BigInt(value);
  if (unit !== 'INT96') return floor(whole, UNITS[unit]);
  const days = (whole >> 64n) - EPOCH_DAY;
  return floor(days * DAY_NANOS + (whole & 0xffff_ffff_ffff_ffffn), UNITS.NANOS);
}

function floor(value: bigint, units: bigint): number {
  const quotient = value / units;
  return Number(value % units < 0n ? quotient - 1n : quotient);
}

/** All digits of a decimal: `12.50` of 1250 with two digits behind the point. Bytes have the most significant one first. */
export function decimalText(value: bigint | number | Uint8Array, scale: number): string {
  const unscaled =
    value instanceof Uint8Array
      ? BigInt.asIntN(8 * value.length, BigInt(`0x0${Buffer.from(value).toString('hex')}`))
      : BigInt(value);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale > 0 ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : `${sign}${digits}`;
}
