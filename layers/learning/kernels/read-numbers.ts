/**
 * Reads cells of a column as plain numbers, as `readPlainNumber` does: a sign, at most 15 digits, and a point among them. It
 * takes eight characters at once, as a number of 64 bits whose lowest byte is the first of them (after Lemire and Muła, as in
 * simdjson): the point is taken out, and neighbours are added in pairs, fours and eights.
 *
 * `$starts` and `$ends` are where it is written where the column's first cell begins and ends, counted from `$base`; those of
 * the next row lie `$stride` bytes behind. Values are written to `$values`, and to `$commas` those whose point may group
 * thousands, or that have none, as they are with a comma as the decimal mark. Stops before a cell that is no such number, has
 * a leading zero, or has a point where `$points` is 0. Returns how many cells it has read, and writes to `$facts` how many
 * `$commas` there are, the characters of the longest cell, and of cells without a point how many there are and the
 * characters of the shortest and of the longest one. `$powers` are those of ten, from 1 on.
 */

/** The highest bit of each byte in which there is a point, up to the first one; those above may be wrong. */
const pointsIn = (word: string): string => `
  (i64.and
    (i64.sub (i64.xor ${word} (i64.const 0x1e1e1e1e1e1e1e1e)) (i64.const 0x0101010101010101))
    (i64.and (i64.xor ${word} (i64.const 0xe1e1e1e1e1e1e1e1)) (i64.const 0x8080808080808080)))`;

/** How many bytes come behind the first point. */
const behindPoint = (points: string): string => `
  (i32.sub (i32.const 7) (i32.shr_u (i32.wrap_i64 (i64.ctz ${points})) (i32.const 3)))`;

/** The word without the byte of that bit: those before it move up, and the lowest one is 0. */
const withoutPoint = (word: string, bit: string): string => `
  (i64.or
    (i64.shl (i64.and ${word} (i64.sub (i64.shr_u ${bit} (i64.const 7)) (i64.const 1))) (i64.const 8))
    (i64.and ${word} (i64.sub (i64.const 0) (i64.shl ${bit} (i64.const 1)))))`;

const lowestBit = (word: string): string => `(i64.and ${word} (i64.sub (i64.const 0) ${word}))`;

/** Each byte that is no digit has its highest bit set. */
const noDigitsIn = (word: string): string => `(i64.or (i64.add ${word} (i64.const 0x7676767676767676)) ${word})`;

/** The number of eight digits, by the neighbours that were added in pairs. */
const numberOf = (pairs: string): string => `
  (i64.shr_u
    (i64.add
      (i64.mul (i64.and ${pairs} (i64.const 0x000000ff000000ff)) (i64.const 0x000f424000000064))
      (i64.mul
        (i64.and (i64.shr_u ${pairs} (i64.const 16)) (i64.const 0x000000ff000000ff))
        (i64.const 0x0000271000000001)))
    (i64.const 32))`;
const pairsOf = (word: string): string =>
  `(i64.add (i64.mul ${word} (i64.const 10)) (i64.shr_u ${word} (i64.const 8)))`;

/** Eight characters before a place, of which those beyond so many become 0; a digit becomes its value, and a point 0x1e. */
const characters = (place: string, beyond: string): string => `
  (i64.shl
    (i64.shr_u (i64.xor (i64.load ${place}) (i64.const 0x3030303030303030)) ${beyond})
    ${beyond})`;
const bitsBeyond = (most: number): string => `
  (i64.extend_i32_u (i32.shl (i32.sub (i32.const ${most}) (local.get $length)) (i32.const 3)))`;

const [LOWER, UPPER, POINTS] = ['(local.get $lower)', '(local.get $upper)', '(local.get $words)'];

const storeComma = `
  (f64.store (i32.add (local.get $commas) (i32.shl (local.get $comma_count) (i32.const 3))) (local.get $number))
  (local.set $comma_count (i32.add (local.get $comma_count) (i32.const 1)))`;

export const READ_NUMBERS = `
(func $read_numbers
  (param $base i32) (param $starts i32) (param $ends i32) (param $stride i32) (param $most i32) (param $points i32)
  (param $values i32) (param $commas i32) (param $facts i32) (param $powers i32)
  (result i32)
  (local $count i32) (local $start i32) (local $end i32) (local $first i32) (local $negative i32)
  ;; Characters behind the sign, of the whole cell, and behind the point; -1 where there is none.
  (local $length i32) (local $characters i32) (local $decimals i32)
  ;; The last eight characters, the eight before them, and a word for what is between.
  (local $lower i64) (local $upper i64) (local $words i64)
  (local $number f64)
  (local $comma_count i32) (local $longest i32) (local $whole i32) (local $least_digits i32) (local $most_digits i32)
  (local.set $least_digits (i32.const 0x7fffffff))
  (block $stop
    (loop $cells
      (br_if $stop (i32.ge_u (local.get $count) (local.get $most)))
      (local.set $start (i32.add (local.get $base) (i32.load (local.get $starts))))
      (local.set $end (i32.add (local.get $base) (i32.load (local.get $ends))))
      (local.set $characters (i32.sub (local.get $end) (local.get $start)))
      (local.set $negative (i32.eq (i32.load8_u (local.get $start)) (i32.const 45)))
      (local.set $first (i32.add (local.get $start) (local.get $negative)))
      (local.set $length (i32.sub (local.get $end) (local.get $first)))
      ;; None, or more than 16: what is less than 0 is large without its sign.
      (br_if $stop (i32.ge_u (i32.sub (local.get $length) (i32.const 1)) (i32.const 16)))
      (if (i32.gt_u (local.get $length) (i32.const 8))
        (then
          (local.set $words ${bitsBeyond(16)})
          (local.set $upper ${characters('(i32.sub (local.get $end) (i32.const 16))', '(local.get $words)')})
          (local.set $lower ${characters('(i32.sub (local.get $end) (i32.const 8))', '(i64.const 0)')}))
        (else
          (local.set $words ${bitsBeyond(8)})
          (local.set $upper (i64.const 0))
          (local.set $lower ${characters('(i32.sub (local.get $end) (i32.const 8))', '(local.get $words)')})))
      (local.set $decimals (i32.const -1))
      (local.set $words ${pointsIn(LOWER)})
      (if (i64.ne ${POINTS} (i64.const 0))
        (then
          (local.set $decimals ${behindPoint(POINTS)})
          (local.set $words ${lowestBit(POINTS)})
          ;; The last of the upper characters becomes the first of the lower ones.
          (local.set $lower (i64.or ${withoutPoint(LOWER, POINTS)} (i64.shr_u ${UPPER} (i64.const 56))))
          (local.set $upper (i64.shl ${UPPER} (i64.const 8))))
        (else
          (local.set $words ${pointsIn(UPPER)})
          (if (i64.ne ${POINTS} (i64.const 0))
            (then
              (local.set $decimals (i32.add (i32.const 8) ${behindPoint(POINTS)}))
              (local.set $words ${lowestBit(POINTS)})
              (local.set $upper ${withoutPoint(UPPER, POINTS)})))))
      (br_if $stop (i64.ne
        (i64.const 0)
        (i64.and (i64.or ${noDigitsIn(LOWER)} ${noDigitsIn(UPPER)}) (i64.const 0x8080808080808080))))
      (local.set $lower ${pairsOf(LOWER)})
      (local.set $words ${numberOf(LOWER)})
      (if (i64.ne ${UPPER} (i64.const 0))
        (then
          (local.set $upper ${pairsOf(UPPER)})
          (local.set $words (i64.add (local.get $words) (i64.mul (i64.const 100000000) ${numberOf(UPPER)})))))
      (local.set $number (f64.convert_i64_u (local.get $words)))
      (if (local.get $negative) (then (local.set $number (f64.neg (local.get $number)))))
      (if (i32.lt_s (local.get $decimals) (i32.const 0))
        (then
          ;; 16 digits are not exact.
          (br_if $stop (i32.eq (local.get $length) (i32.const 16)))
          ;; A leading zero.
          (br_if $stop (i32.and
            (i32.and (i32.eqz (local.get $negative)) (i32.gt_u (local.get $length) (i32.const 1)))
            (i32.eq (i32.load8_u (local.get $first)) (i32.const 48))))
          ${storeComma}
          (local.set $whole (i32.add (local.get $whole) (i32.const 1)))
          (if (i32.lt_u (local.get $characters) (local.get $least_digits))
            (then (local.set $least_digits (local.get $characters))))
          (if (i32.gt_u (local.get $characters) (local.get $most_digits))
            (then (local.set $most_digits (local.get $characters)))))
        (else
          ;; A point alone is no number.
          (br_if $stop (i32.or (i32.eqz (local.get $points)) (i32.eq (local.get $length) (i32.const 1))))
          ;; Three digits behind one to three others, of which the first is no zero.
          (if (i32.and
                (i32.and
                  (i32.eq (local.get $decimals) (i32.const 3))
                  (i32.lt_u (i32.sub (local.get $length) (i32.const 5)) (i32.const 3)))
                (i32.ne (i32.load8_u (local.get $first)) (i32.const 48)))
            (then ${storeComma}))
          (local.set $number (f64.div
            (local.get $number)
            (f64.load (i32.add (local.get $powers) (i32.shl (local.get $decimals) (i32.const 3))))))))
      (if (i32.gt_u (local.get $characters) (local.get $longest)) (then (local.set $longest (local.get $characters))))
      (f64.store (i32.add (local.get $values) (i32.shl (local.get $count) (i32.const 3))) (local.get $number))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (local.set $starts (i32.add (local.get $starts) (local.get $stride)))
      (local.set $ends (i32.add (local.get $ends) (local.get $stride)))
      (br $cells)))
  (i32.store offset=0 (local.get $facts) (local.get $comma_count))
  (i32.store offset=4 (local.get $facts) (local.get $longest))
  (i32.store offset=8 (local.get $facts) (local.get $whole))
  (i32.store offset=12 (local.get $facts) (local.get $least_digits))
  (i32.store offset=16 (local.get $facts) (local.get $most_digits))
  (local.get $count))
`;
