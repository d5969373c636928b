/** The team's receiver of webhooks, which is down on some days, and what is known of every event in the end. */
import { Webhook as Verifier } from 'standardwebhooks';
import { Receiver, status } from '../functions/events/webhooks/receiver.ts';
import type { Member } from './member.ts';

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly status: string;
  readonly attempts: readonly { readonly error: string | null }[];
}

export class Hooks {
  readonly #receiver: Receiver;
  readonly #secrets = new Map<string, string>();
  readonly #taken = new Set<string>();

  private constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  static async start(): Promise<Hooks> {
    return new Hooks(await new Receiver().start());
  }

  get url(): string {
    return this.#receiver.url;
  }

  of(member: Member, secret: string): void {
    this.#secrets.set(member.name, secret);
  }

  /** Every request is answered with a 500 while it is down. */
  set down(is: boolean) {
    this.#receiver.otherwise = is ? status(500) : status(204);
    this.#down = is;
  }

  #down = false;

  /** Checks the signatures of what came since the last call. Returns how many came. Throws for a wrong one. */
  take(now: number): number {
    const came = this.#receiver.received.splice(0);
    for (const { headers, body } of came) {
      const id = String(headers['webhook-id']);
      const at = Number(headers['webhook-timestamp']) * 1000;
      if (Math.abs(at - now) > 2 * 86_400_000)
        throw new Error(`the delivery ${id} is dated ${new Date(at).toISOString()}`);
      const isGenuine = [...this.#secrets.values()].some((secret) =>
        isSigned(secret, headers as Record<string, string>, body, at),
      );
      if (!isGenuine) throw new Error(`the delivery ${id} has no valid signature`);
      if (!this.#down) this.#taken.add(id);
    }
    return came.length;
  }

  /** Every event is delivered, or its log says why not. Returns how many of each. */
  async check(member: Member): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const { body } = await member.calls.send('platform', 'GET', '/webhooks');
    for (const { id } of body.webhooks as { id: string }[]) {
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { body: page } = await member.calls.send(
          'platform',
          'GET',
          `/webhooks/${id}/deliveries?limit=100${query}`,
        );
        for (const one of page.deliveries as Delivery[]) {
          counts[one.status] = (counts[one.status] ?? 0) + 1;
          const isKnown =
            one.status === 'delivered' || one.attempts.at(-1)?.error != null || one.status === 'cancelled';
          if (!isKnown) throw new Error(`the delivery ${one.id} of ${one.event} is ${one.status} without a reason`);
        }
        cursor = page.next_cursor;
      } while (cursor !== null);
    }
    return counts;
  }

  get taken(): number {
    return this.#taken.size;
  }

  stop(): Promise<void> {
    return this.#receiver.stop();
  }
}

/** `standardwebhooks` compares the timestamp with the clock of this process, which is the machine's. */
function isSigned(secret: string, headers: Record<string, string>, body: string, at: number): boolean {
  const signed = new Verifier(secret).sign(headers['webhook-id']!, new Date(at), body);
  return String(headers['webhook-signature']).split(' ').includes(signed);
}
