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
