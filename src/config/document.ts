import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';
import { utf8Text } from './text.ts';
import { formatPath, type Fault, type Path } from './fault.ts';

/** 8 MiB: ten thousand certificates with deployments and hooks take less than half of it. */
export const maxConfigOctets: number = 8 * 1_048_576;

/** What a file of 8 MiB can hold at a line a value; with aliases, a small file could have any number of them. */
const maxNodes = 400_000;

/** The file itself goes no deeper than six. */
const maxDepth = 16;

/** A file as plain data. Every value is a text as it was written, or a list or map of such. */
export interface ConfigDocument {
  readonly value: unknown;
  /** On which line a path stands: the nearest above it that is there. */
  lineOf(path: Path): number;
  readonly faults: readonly Fault[];
}

/**
 * Read YAML 1.2 as texts, lists and maps. What a text means is for the schema to say, by the key it stands at and not
 * by its looks: `no` is a name where a name is wanted, `0640` a mode, and a date stays what was written.
 */
export function readDocument(octets: Uint8Array): ConfigDocument {
  const faults: Fault[] = [];
  const text = utf8Text(octets);
  if (text === undefined) {
    faults.push({ line: 1, key: '', why: 'it is not UTF-8 text' });
    return { value: undefined, lineOf: () => 1, faults };
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line || 1;
  const positions = new Map<string, number>();
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length--) {
      const line = positions.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
  let contents: Node | null;
  try {
    const parsed = parseDocument(text, {
      schema: 'failsafe',
      // Looked for below: its own way compares every key with every other.
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
    });
    for (const { pos, message, code } of [...parsed.errors, ...parsed.warnings].slice(0, 20)) {
      const why =
        code === 'MULTIPLE_DOCS'
          ? 'a second document begins here'
          : code === 'TAG_RESOLVE_FAILED'
            ? 'tags ("!") have no meaning here'
            : `it is not YAML: ${message}`;
      faults.push({ line: lineAt(pos[0]), key: '', why });
    }
    contents = parsed.contents;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.push({ line: 1, key: '', why: 'it is nested too deeply' });
    return { value: undefined, lineOf, faults };
  }
  if (faults.length > 0) return { value: undefined, lineOf, faults };
  const walk = walker(lineAt, positions, faults);
  const value = contents === null ? {} : walk(contents, []);
  return { value, lineOf, faults };
}

/** Marks what could not be read; it was said. */
const nothing = undefined;

function walker(
  lineAt: (offset: number) => number,
  positions: Map<string, number>,
  faults: Fault[],
): (node: Node, path: Path) => unknown {
  let nodes = 0;
  const anchors = new Map<string, Node>();
  const lineOf = (node: Node): number => lineAt(node.range?.[0] ?? 0);
  const fault = (node: Node, path: Path, why: string, hint?: string): undefined => {
    const key = formatPath(path);
    faults.push({ line: lineOf(node), key, why, ...(hint !== undefined && { hint }) });
  };

  const map = (node: Node, path: Path): unknown => {
    if (!isMap<Node, Node | null>(node)) return nothing;
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== 'string' || key.value === '') {
        fault(key, path, 'a key is a plain word');
        continue;
      }
      const word = key.value;
      const below = [...path, word];
      if (entries.has(word)) {
        const first = positions.get(JSON.stringify(below)) ?? 0;
        fault(key, below, `it is there twice, first on line ${first}`);
        continue;
      }
      if (word === '<<' || word === '__proto__') {
        fault(key, below, `"${word}" has no meaning here`);
        continue;
      }
      positions.set(JSON.stringify(below), lineOf(key));
      entries.set(word, value === null ? empty(key, below) : walk(value, below));
    }
    return Object.fromEntries(entries);
  };

  const empty = (node: Node, path: Path): undefined =>
    fault(node, path, 'nothing follows it', 'Give a value, or leave the key out');

  const walk = (node: Node, path: Path): unknown => {
    nodes++;
    if (nodes > maxNodes) {
      if (nodes === maxNodes + 1) fault(node, [], `there are more than ${maxNodes} values in it`);
      return nothing;
    }
    if (path.length > maxDepth) return fault(node, path.slice(0, 2), 'it is nested too deeply');
    if (isAlias(node)) {
      const meant = anchors.get(node.source);
      return meant === undefined
        ? fault(node, path, `there is no anchor "&${node.source}" before it`)
        : walk(meant, path);
    }
    if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    if (isMap(node)) return map(node, path);
    if (isSeq<Node>(node)) {
      return node.items.map((item, i) => {
        const below = [...path, i];
        positions.set(JSON.stringify(below), lineOf(item));
        return walk(item, below);
      });
    }
    if (!isScalar(node) || typeof node.value !== 'string') return nothing;
    const isLeftOut = node.value === '' && node.type === 'PLAIN';
    return isLeftOut ? empty(node, path) : node.value;
  };
  return walk;
}
