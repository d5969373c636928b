import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DomainEvent, domainEvent } from '#domain/events/event.ts';
import { eventOf, publishEvent, recordEvent } from '#domain/events/outbox.ts';
import { isId } from '#domain/ids.ts';
import { InvalidItemError, MessageTooLargeError } from '#domain/ports/errors.ts';
import { checkEvents } from '#domain/ports/queue/rules.ts';
import { checkItem, itemSize } from '#domain/ports/table/item-rules.ts';
import type { Item, Json } from '#domain/ports/table/port.ts';
import { AT } from '../store.ts';

const itemOf = (event: DomainEvent): Item => {
  const write = recordEvent(event);
  if (write.kind !== 'put') throw new Error(`an event is put; got ${write.kind}`);
  return write.item;
};
const withText = (characters: number) =>
  domainEvent('dataset.processed', 'account', AT, { text: 'x'.repeat(characters) });
/** A text that makes an event of `bytes`. */
const textFor = (bytes: number) => bytes - JSON.stringify(withText(0)).length;

test('two events are never the same, and each says when it happened', () => {
  const [one, two] = [withText(1), withText(1)];
  expect(one.detail.event_id).not.toBe(two.detail.event_id);
  expect(isId(one.detail.event_id)).toBe(true);
  expect(one.detail.occurred_at).toBe(AT);
});

test('an event over the limit is refused before anything is written, with the limit and its size', () => {
  expect(itemOf(withText(textFor(258_048)))).toBeDefined();
  expect(() => recordEvent(withText(textFor(258_049)))).toThrow(
    new MessageTooLargeError('an event must have at most 258048 bytes; got 258049'),
  );
});

test('a recorded event fits an item and, with its envelope, the bus', () => {
  // Values that are larger in an item than in JSON: short numbers, empty lists and maps.
  const small = fc.constantFrom<Json>(0, -1, 1.5, true, null, '', 'é', [], {}, { a: 1 }, [[]]);
  fc.assert(
    fc.property(fc.array(small, { minLength: 1, maxLength: 8 }), (some) => {
      const times = Math.floor(textFor(258_048) / (JSON.stringify(some).length * 2));
      const event = domainEvent('dataset.processed', 'account', AT, {
        list: Array.from({ length: times }, () => some),
      });
      expect(itemSize(checkItem(itemOf(event)))).toBeLessThanOrEqual(409_600);
      checkEvents([JSON.stringify(event) + 'x'.repeat(4096)]);
    }),
    { numRuns: 10 },
  );
});

test('a record that is not an event is refused', () => {
  expect(() => eventOf({ pk: 'EVENT#1', sk: 'EVENT', type: 'x', account: 'a', detail: {} })).toThrow(InvalidItemError);
});

test('a failure to publish an event is a warning, not an error for the caller', async () => {
  const event = withText(1);
  const about = { event_id: event.detail.event_id, event_type: 'dataset.processed' };
  const calls: unknown[] = [];
  const away = async (): Promise<never> => Promise.reject(new Error('away'));
  const table = { delete: async (key: unknown) => void calls.push(key) };
  const warned: unknown[] = [];
  const warn = (...line: unknown[]) => void warned.push(line);
  await publishEvent({ table, events: { publish: away } }, event, warn);
  expect([calls, warned]).toEqual([[], [['event left to the sweep', { ...about, reason: 'Error: away' }]]]);
  await publishEvent({ table: { delete: away }, events: { publish: async () => {} } }, event, warn);
  expect(warned).toHaveLength(2);
});
