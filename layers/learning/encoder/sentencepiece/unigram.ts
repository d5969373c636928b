/** Cuts a text into the pieces whose scores add up to the most: Kudo 2018, section 3.2, by Viterbi's algorithm. */
import type { SentencePieceModel } from './model.ts';

interface Node {
  readonly next: Map<string, Node>;
  id: number;
  score: number;
}

/** Below the lowest score of a piece, so that a piece is unknown only where nothing else fits. */
const UNKNOWN_PENALTY = 10;

/**
 * @param unknownId for characters of which there is no piece; several in a row are one
 */
export function makeUnigram(
  { pieces }: Pick<SentencePieceModel, 'pieces'>,
  unknownId: number,
): (text: string) => number[] {
  const root = makeTrie(pieces);
  const lowest = pieces.reduce((least, { kind, score }) => (kind === 'normal' ? Math.min(least, score) : least), 0);
  const unknownScore = lowest - UNKNOWN_PENALTY;
  return (text) => {
    const characters = Array.from(text);
    const best = new Float64Array(characters.length + 1).fill(Number.NEGATIVE_INFINITY);
    const from = new Int32Array(characters.length + 1);
    const ids = new Int32Array(characters.length + 1);
    best[0] = 0;
    const offer = (start: number, end: number, score: number, id: number): void => {
      const total = best[start]! + score;
      if (total <= best[end]!) return;
      best[end] = total;
      from[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < characters.length; start++) {
      let node: Node | undefined = root;
      let hasCharacter = false;
      for (let end = start + 1; end <= characters.length; end++) {
        node = node.next.get(characters[end - 1]!);
        if (!node) break;
        if (node.id < 0) continue;
        offer(start, end, node.score, node.id);
        hasCharacter ||= end === start + 1;
      }
      if (!hasCharacter) offer(start, start + 1, unknownScore, unknownId);
    }
    const found: number[] = [];
    for (let end = characters.length; end > 0; end = from[end]!) {
      if (ids[end] !== unknownId || found.at(-1) !== unknownId) found.push(ids[end]!);
    }
    return found.reverse();
  };
}

function makeTrie(pieces: SentencePieceModel['pieces']): Node {
  const fresh = (): Node => ({ next: new Map(), id: -1, score: 0 });
  const root = fresh();
  const longest = Math.max(0, ...pieces.map(({ kind, score }) => (kind === 'normal' ? score : 0)));
  for (const [id, { text, score, kind }] of pieces.entries()) {
    if (kind !== 'normal' && kind !== 'user-defined') continue;
    let node = root;
    for (const character of text) {
      const next = node.next.get(character) ?? fresh();
      node.next.set(character, next);
      node = next;
    }
    node.id = id;
    // What a user defined is kept whole: its score is above those of any pieces that it could be cut into.
    node.score = kind === 'normal' ? score : Array.from(text).length * longest - 0.1;
  }
  return root;
}
