/** A matrix of bits, a column in each number. It says what so many zero bytes make of a CRC-32. */
type Operator = Uint32Array;

const POLYNOMIAL = 0xedb88320;

function times(operator: Operator, crc: number): number {
  let product = 0;
  for (let rest = crc >>> 0, column = 0; rest !== 0; rest >>>= 1, column += 1) {
    if (rest & 1) product ^= operator[column]!;
  }
  return product >>> 0;
}

const square = (operator: Operator): Operator => operator.map((column) => times(operator, column));

/** Of one zero bit. */
const BIT: Operator = Uint32Array.from({ length: 32 }, (_, n) => (n === 0 ? POLYNOMIAL : 2 ** (n - 1)));

function operatorOf(bytes: number): Operator {
  let power = square(square(square(BIT)));
  let product: Operator = Uint32Array.from({ length: 32 }, (_, n) => 2 ** n);
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) product = product.map((column) => times(power, column));
    power = square(power);
  }
  return product;
}

/**
 * The CRC-32 of bytes that follow each other from those of both parts, of which the second has `bytes`: after Mark Adler's
 * `crc32_combine` in zlib.
 */
export function crcCombiner(bytes: number): (first: number, second: number) => number {
  const operator = operatorOf(bytes);
  return (first, second) => (times(operator, first) ^ second) >>> 0;
}
