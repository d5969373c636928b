/**
 * Reads times of one day that are written alike, such as `2024-05-31 07:30:00`, as `readIsoTime` does, and hashes how they are
 * written, as `hashOfBytes` does: of each, only what comes behind the date is looked at, eight characters at once.
 *
 * `$starts` and `$ends` are where it is written where the column's first cell begins and ends, counted from `$base`; those of
 * the next row lie `$stride` bytes behind. `$like` is where a time begins whose first eleven characters all of them have, and
 * `$day` when its day begins. Times are written to `$values` in milliseconds, their hashes to `$hashes`. Stops before a cell
 * that is no such time, and returns how many it has read.
 */
import { FACTOR, MIX, SEED } from '../values/hash.ts';

/** Characters of such a time. */
const LENGTH = 19;

const get = (name: string): string => `(local.get $${name})`;
const set = (name: string, value: string): string => `(local.set $${name} ${value})`;
const withShifted = (hash: string, bits: number): string => `(i32.xor ${hash} (i32.shr_u ${hash} (i32.const ${bits})))`;
const times = (value: string, factor: number): string => `(i32.mul ${value} (i32.const ${factor}))`;

/** Goes on with a hash by a word of four bytes, and by one byte. */
const addWord = (place: string): string => `
  ${set('word', `(i32.load ${place})`)}
  ${set('a', times(`(i32.xor ${get('a')} ${get('word')})`, FACTOR.a))}
  ${set('a', withShifted(get('a'), 13))}
  ${addToSecond}`;
const addByte = (place: string): string => `
  ${set('word', `(i32.load8_u ${place})`)}
  ${set('a', times(`(i32.xor ${get('a')} ${get('word')})`, FACTOR.a))}
  ${addToSecond}`;
const addToSecond = set(
  'b',
  `(i32.xor ${times(`(i32.xor ${get('b')} ${get('word')})`, FACTOR.b)} (i32.shr_u ${get('b')} (i32.const 15)))`,
);
const mixed = (name: string): string => `
  ${set(name, times(withShifted(get(name), 16), MIX.first))}
  ${set(name, times(withShifted(get(name), 13), MIX.second))}
  ${set(name, withShifted(get(name), 16))}`;

/** The number of two digits, by the neighbours that were added in pairs. */
const pairAt = (byte: number): string =>
  `(i32.and (i32.wrap_i64 (i64.shr_u ${get('clock')} (i64.const ${8 * byte}))) (i32.const 0xff))`;
const stopFrom = (name: string, bound: number): string => `(br_if $stop (i32.ge_u ${get(name)} (i32.const ${bound})))`;
const behind = (name: string, bytes: number): string => `(i32.add ${get(name)} (i32.const ${bytes}))`;

export const READ_TIMES = `
(func $read_times
  (param $base i32) (param $starts i32) (param $ends i32) (param $stride i32) (param $most i32)
  (param $like i32) (param $day f64) (param $values i32) (param $hashes i32)
  (result i32)
  (local $count i32) (local $start i32) (local $word i32)
  (local $hours i32) (local $minutes i32) (local $seconds i32) (local $clock i64)
  ;; The halves of a hash, and what they are behind the first eight characters.
  (local $a i32) (local $b i32) (local $first_a i32) (local $first_b i32)
  ${set('a', `(i32.const ${SEED.a ^ LENGTH})`)}
  ${set('b', `(i32.const ${SEED.b})`)}
  ${addWord(get('like'))}
  ${addWord(behind('like', 4))}
  ${set('first_a', get('a'))}
  ${set('first_b', get('b'))}
  (block $stop
    (loop $cells
      (br_if $stop (i32.ge_u (local.get $count) (local.get $most)))
      ${set('start', `(i32.add ${get('base')} (i32.load ${get('starts')}))`)}
      (br_if $stop (i32.ne
        (i32.sub (i32.add ${get('base')} (i32.load ${get('ends')})) ${get('start')})
        (i32.const ${LENGTH})))
      (br_if $stop (i64.ne (i64.load ${get('start')}) (i64.load ${get('like')})))
      (br_if $stop (i64.ne (i64.load offset=3 ${get('start')}) (i64.load offset=3 ${get('like')})))
      ;; Each digit becomes its value, and a colon 0.
      ${set('clock', `(i64.xor (i64.load offset=11 ${get('start')}) (i64.const 0x30303a30303a3030))`)}
      (br_if $stop (i64.ne
        (i64.const 0)
        (i64.and
          (i64.or ${get('clock')} (i64.add ${get('clock')} (i64.const 0x0606000606000606)))
          (i64.const 0xf0f0fff0f0fff0f0))))
      ${set('clock', `(i64.add (i64.mul ${get('clock')} (i64.const 10)) (i64.shr_u ${get('clock')} (i64.const 8)))`)}
      ${set('hours', pairAt(0))}
      ${set('minutes', pairAt(3))}
      ${set('seconds', pairAt(6))}
      ${stopFrom('hours', 24)}
      ${stopFrom('minutes', 60)}
      ${stopFrom('seconds', 60)}
      ${set('minutes', `(i32.add ${times(get('hours'), 60)} ${get('minutes')})`)}
      ${set('seconds', `(i32.add ${times(get('minutes'), 60)} ${get('seconds')})`)}
      (f64.store
        (i32.add ${get('values')} (i32.shl ${get('count')} (i32.const 3)))
        (f64.add ${get('day')} (f64.convert_i64_u (i64.extend_i32_u ${times(get('seconds'), 1000)}))))
      ${set('a', get('first_a'))}
      ${set('b', get('first_b'))}
      ${addWord(behind('start', 8))}
      ${addWord(behind('start', 12))}
      ${addByte(behind('start', 16))}
      ${addByte(behind('start', 17))}
      ${addByte(behind('start', 18))}
      ${mixed('a')}
      ${mixed('b')}
      (f64.store
        (i32.add ${get('hashes')} (i32.shl ${get('count')} (i32.const 3)))
        (f64.convert_i64_u (i64.or
          (i64.shl (i64.extend_i32_u ${get('a')}) (i64.const 20))
          (i64.extend_i32_u (i32.shr_u ${get('b')} (i32.const 12))))))
      ${set('count', behind('count', 1))}
      ${set('starts', `(i32.add ${get('starts')} ${get('stride')})`)}
      ${set('ends', `(i32.add ${get('ends')} ${get('stride')})`)}
      (br $cells)))
  ${get('count')})
`;
