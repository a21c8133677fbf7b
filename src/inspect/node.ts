/** One line of the tree that a structure is shown as; every text in it is safe on a terminal. */
export type Node = {
  /** The field or type as its RFC names it. */
  readonly name: string;
  readonly value?: string;
  readonly children?: readonly Node[];
};

/** Make a node with a value and nothing below it. */
export function leaf(name: string, value: string): Node {
  return { name, value };
}

/** Make a node of those children that are there. */
export function branch(name: string, children: readonly (Node | undefined)[]): Node {
  return { name, children: children.filter((child) => child !== undefined) };
}

/** Make a node of a value that may be absent. */
export function maybe<T>(
  name: string,
  value: T | undefined,
  show: (name: string, value: T) => Node,
): Node | undefined {
  return value === undefined ? undefined : show(name, value);
}

/** Make a node of a list that may be absent, each element under the same name. */
export function list<T>(
  name: string,
  values: readonly T[] | undefined,
  show: (value: T) => Node,
): Node | undefined {
  return values && branch(name, values.map(show));
}

/** Elements of one list that are shown. A value may hold ten thousand, and a message many such values. */
const MAX_SHOWN_ELEMENTS = 200;

/** Make nodes of the first elements of a list, and say how many more there are. */
export function first<T>(values: Iterable<T>, show: (value: T) => Node): readonly Node[] {
  const nodes: Node[] = [];
  let more = 0;
  for (const value of values) {
    if (nodes.length < MAX_SHOWN_ELEMENTS) nodes.push(show(value));
    else more++;
  }
  return more > 0 ? [...nodes, leaf('…', `${more} more`)] : nodes;
}

/** Write a tree as text, a line for each node, two columns deeper at each level. */
export function formatTree(node: Node): string {
  const lines: string[] = [];
  write(node, '', lines);
  return lines.join('');
}

function write({ name, value, children = [] }: Node, indent: string, lines: string[]): void {
  const shown = value === '' ? '""' : value;
  lines.push(`${indent}${name}${shown === undefined ? '' : `: ${shown}`}\n`);
  for (const child of children) write(child, `${indent}  `, lines);
}
