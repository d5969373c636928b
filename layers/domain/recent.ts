/**
 * Remembers what was found for a text, since what is asked for is often asked for again. It forgets all of it at once where
 * there is too much: whoever asks for many different ones, or long ones, takes no more memory.
 */
const MOST = 1000;
const MOST_CHARACTERS = 300;

export class Recent<V> {
  readonly #found = new Map<string, V>();

  get(text: string): V | undefined {
    return this.#found.get(text);
  }

  add(text: string, value: V): V {
    if (text.length > MOST_CHARACTERS) return value;
    if (this.#found.size >= MOST) this.#found.clear();
    this.#found.set(text, value);
    return value;
  }
}
