import { type Change, changesIn, zeroed } from './changes.ts';
import { type Region, regions } from './scope.ts';
import type { Source, Syntax } from './syntax.ts';

/** One changed version of the code. */
export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** The rule or function that it is in. */
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
}

/** A file's text with all its mutants, and their list. */
export interface Instrumented {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/**
 * Puts all mutants of a file into one text, of which `mutation.on(id)` activates one at run time:
 *
 *     mul(b, ct, y)   becomes   (mutation.on(7) ? (mutation.ops.div(b, ct, y)) : mutation.on(8) ? (ct) : (mul(b, ct, y)))
 *
 * One process can thus load the code once and try all mutants.
 */
export function instrument(sources: ReadonlyMap<string, Source>): Map<string, Instrumented> {
  const found = regions(sources);
  let next = 1;
  const made = new Map<string, Instrumented>();
  for (const [file, source] of sources) {
    const sites = new Map<Syntax, { change: Change; mutant: Mutant }[]>();
    const mutants: Mutant[] = [];
    const own = found.filter((region) => region.source === source);
    const whole = own.filter(({ node }) => !own.some((other) => encloses(other.node, node)));
    for (const region of whole.sort((p, q) => outerFirst(p.node, q.node)))
      for (const change of changesOf(region)) {
        const original = source.text(change.node);
        if (change.text === original || seen(sites.get(change.node), change.text)) continue;
        const place = { id: next++, file, line: source.line(change.node), within: region.within };
        const mutant = { ...place, original: oneLine(original), mutated: oneLine(change.text) };
        mutants.push(mutant);
        sites.set(change.node, [...(sites.get(change.node) ?? []), { change, mutant }]);
      }
    const places = [...sites].map(([node, list]) => ({ node, list })).sort((p, q) => outerFirst(p.node, q.node));
    made.set(file, { text: render(source, places, 1, source.end), mutants });
  }
  return made;
}

function changesOf(region: Region): Change[] {
  const { node, source, answers } = region;
  return [...(answers ? zeroed(node, answers, source) : []), ...changesIn(node, source)];
}

/** A region within another is mutated as a part of it. */
function encloses(outer: Syntax, inner: Syntax): boolean {
  return outer !== inner && outer.span.start <= inner.span.start && outer.span.end >= inner.span.end;
}

function seen(list: readonly { change: Change }[] | undefined, text: string): boolean {
  return list?.some(({ change }) => change.text === text) ?? false;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function outerFirst(p: Syntax, q: Syntax): number {
  return p.span.start - q.span.start || q.span.end - p.span.end;
}

interface Place {
  readonly node: Syntax;
  readonly list: readonly { readonly change: Change; readonly mutant: Mutant }[];
}

/** The text between two bytes with the places in it instrumented; they are sorted, outer ones first. */
function render(source: Source, places: readonly Place[], start: number, end: number): string {
  let text = '';
  let at = start;
  for (let i = 0; i < places.length; ) {
    const { node, list } = places[i]!;
    const { span } = node;
    const rest = places.slice(i + 1);
    const inside = rest.filter((place) => place.node.span.start < span.end);
    const plain = render(source, inside, span.start, span.end);
    const choices = list.map(({ change, mutant }) => `mutation.on(${mutant.id}) ? (${change.text}) : `);
    const shorthand = list[0]?.change.shorthand;
    const name = shorthand === undefined ? '' : `${shorthand}: `;
    text += `${source.between(at, span.start)}${name}(${choices.join('')}(${plain}))`;
    at = span.end;
    i += 1 + inside.length;
  }
  return text + source.between(at, end);
}
