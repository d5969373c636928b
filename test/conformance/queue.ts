import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MessageTooLargeError } from '#domain/ports/errors.ts';
import type { Queue } from '#domain/ports/queue/port.ts';

export interface QueueSubject {
  /** A new, empty queue with a visibility timeout of 30 s and three deliveries, and its dead-letter queue. */
  fresh(): { queue: Queue; deadLetters: Queue };
  advance(seconds: number): void;
  close(): Promise<void>;
}

/** What every implementation of the Queue port must do. */
export function queueConformance(name: string, open: () => Promise<QueueSubject>): void {
  describe(`Queue on ${name}`, () => {
    let subject: QueueSubject;
    let queue: Queue;
    let deadLetters: Queue;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.close());
    beforeEach(() => {
      ({ queue, deadLetters } = subject.fresh());
    });
    const bodies = async (options?: { max?: number }) => (await queue.receive(options)).map((message) => message.body);

    test('an empty queue gives nothing and does not wait', async () => {
      expect(await queue.receive()).toEqual([]);
    });

    test('a message is received as it was sent, then hidden, and deleted once acknowledged', async () => {
      await queue.send('{"a": "é 🚂 \\u0000"}');
      const [message] = await queue.receive();
      expect(message).toMatchObject({ body: '{"a": "é 🚂 \\u0000"}', receives: 1 });
      expect(await bodies()).toEqual([]);
      await queue.acknowledge(message!.receipt);
      subject.advance(60);
      expect(await bodies()).toEqual([]);
    });

    test('what is not acknowledged in time is redelivered, and the old receipt is stale', async () => {
      await queue.send('a');
      const [first] = await queue.receive();
      subject.advance(29);
      expect(await bodies()).toEqual([]);
      subject.advance(1);
      const [second] = await queue.receive();
      expect(second).toMatchObject({ id: first!.id, receives: 2 });
      expect(second!.receipt).not.toBe(first!.receipt);
      await queue.acknowledge(first!.receipt);
      await queue.release(first!.receipt, 0);
      expect(await bodies()).toEqual([]);
      subject.advance(30);
      expect(await bodies()).toEqual(['a']);
    });

    test('a receive may set its own visibility timeout', async () => {
      await queue.send('a');
      await queue.receive({ visibilitySeconds: 100 });
      subject.advance(99);
      expect(await bodies()).toEqual([]);
      subject.advance(1);
      expect(await bodies()).toEqual(['a']);
    });

    test('a message that cannot be handled is dead-lettered with the reason; one that was delivered too often has none', async () => {
      expect(queue.maxReceives).toBe(3);
      await queue.deadLetter('{"broken', 'it is no JSON: \u0000 é');
      expect(await bodies()).toEqual([]);
      const [deadLettered] = await deadLetters.receive();
      expect(deadLettered).toMatchObject({ body: '{"broken', reason: 'it is no JSON:   é' });
      await deadLetters.acknowledge(deadLettered!.receipt);
      await queue.deadLetter('long', 'x'.repeat(5000));
      expect((await deadLetters.receive())[0]!.reason).toHaveLength(1000);
      await expect(deadLetters.deadLetter('a', 'b')).rejects.toThrow('dead-letter queue');
      await queue.send('often');
      for (let delivery = 1; delivery <= 4; delivery += 1) {
        await queue.receive();
        subject.advance(30);
      }
      const letters = await deadLetters.receive();
      expect(letters.find(({ body }) => body === 'often')).not.toHaveProperty('reason');
    });

    test('a delayed message becomes visible after its delay', async () => {
      await queue.send('a', { delaySeconds: 10 });
      subject.advance(9);
      expect(await bodies()).toEqual([]);
      subject.advance(1);
      expect(await bodies()).toEqual(['a']);
    });

    test('a released message becomes visible at once, or after a delay', async () => {
      await queue.send('a');
      const [first] = await queue.receive();
      await queue.release(first!.receipt, 0);
      const [second] = await queue.receive();
      expect(second).toMatchObject({ receives: 2 });
      await queue.release(second!.receipt, 100);
      subject.advance(99);
      expect(await bodies()).toEqual([]);
      subject.advance(1);
      expect(await bodies()).toEqual(['a']);
    });

    test('a receive gives at most ten, or as many as asked for, and each message once', async () => {
      await Promise.all(Array.from({ length: 25 }, (_, n) => queue.send(String(n))));
      expect(await bodies({ max: 3 })).toHaveLength(3);
      const rest = [await bodies(), await bodies(), await bodies()];
      expect(rest.map((each) => each.length)).toEqual([10, 10, 2]);
      expect(new Set(rest.flat()).size).toBe(22);
    });

    test('a message of a group says so, at each delivery, and does not wait for the others of its group', async () => {
      for (const group of ['ada', 'ada', 'bob', undefined]) {
        await queue.send(`of ${group}`, group === undefined ? {} : { group });
      }
      const received = async () => {
        const each = [];
        for (let n = 0; n < 4; n += 1) each.push(...(await queue.receive({ max: 1 })));
        return each.map(({ body, group, receives }) => `${body}: ${group}, ${receives}`).sort();
      };
      const expected = (delivery: number) =>
        ['of ada: ada', 'of ada: ada', 'of bob: bob', 'of undefined: undefined'].map((text) => `${text}, ${delivery}`);
      expect(await received()).toEqual(expected(1));
      subject.advance(30);
      expect(await received()).toEqual(expected(2));
    });

    test('two that receive at the same time never get the same message', async () => {
      await Promise.all(Array.from({ length: 30 }, (_, n) => queue.send(String(n))));
      const received = await Promise.all(Array.from({ length: 6 }, () => bodies({ max: 5 })));
      expect(new Set(received.flat()).size).toBe(30);
    });

    test('after its deliveries a message goes to the dead-letter queue', async () => {
      await queue.send('poison');
      for (let delivery = 1; delivery <= 3; delivery += 1) {
        expect(await queue.receive()).toMatchObject([{ body: 'poison', receives: delivery }]);
        subject.advance(30);
      }
      expect(await bodies()).toEqual([]);
      expect(await deadLetters.receive()).toMatchObject([{ body: 'poison' }]);
    });

    test('a body of 256 KiB is accepted, and one byte more is refused', async () => {
      const body = 'é'.repeat(131_072);
      await queue.send(body);
      expect(await bodies()).toEqual([body]);
      await expect(queue.send(`${body}x`)).rejects.toThrow(MessageTooLargeError);
    });

    test('limits are enforced', async () => {
      await expect(queue.send('')).rejects.toThrow('not empty');
      await expect(queue.send('a', { delaySeconds: 901 })).rejects.toThrow(
        'delaySeconds must be between 0 and 900; got 901',
      );
      for (const group of ['', 'a b', 'x'.repeat(129)]) {
        await expect(queue.send('a', { group })).rejects.toThrow(
          `a message's group must be 1 to 128 of [A-Za-z0-9_-]; got "${group}"`,
        );
      }
      await expect(queue.receive({ max: 11 })).rejects.toThrow('max must be between 1 and 10; got 11');
      await expect(queue.receive({ visibilitySeconds: -1 })).rejects.toThrow('visibilitySeconds must be between');
    });
  });
}
