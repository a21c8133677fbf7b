import type { Mark } from './marks.ts';
import { nodeIn, nodesIn, type SyntaxNode } from './syntax.ts';

/** A change of the source that takes a check out. */
export interface Mutation {
  /** What is changed, for the report. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Ways to take out what a mark stands above, the plainest first; none when no mutator knows the statement. */
export function mutationsOf({ node, parents, source }: Mark): readonly Mutation[] {
  const textOf = ({ start, end }: SyntaxNode): string => source.slice(start, end);
  return ofStatement(node, parents, textOf);
}

type TextOf = (node: SyntaxNode) => string;

function ofStatement(
  node: SyntaxNode,
  parents: readonly SyntaxNode[],
  textOf: TextOf,
): readonly Mutation[] {
  switch (node.type) {
    case 'IfStatement':
      return ofCondition(node, parents, textOf);
    case 'ExpressionStatement':
    case 'ThrowStatement':
    case 'ForOfStatement':
      return [replaced(node, ';', 'statement removed')];
    case 'ReturnStatement': {
      const value = nodeIn(node, 'argument');
      return value ? ofExpression(value, textOf) : [];
    }
    case 'ExportNamedDeclaration': {
      const declaration = nodeIn(node, 'declaration');
      return declaration ? ofStatement(declaration, parents, textOf) : [];
    }
    case 'VariableDeclaration':
      return nodesIn(node, 'declarations').flatMap((each) => {
        const value = nodeIn(each, 'init');
        return value ? ofExpression(value, textOf) : [];
      });
    case 'Property':
    case 'SpreadElement':
      return ofElement(node, textOf);
    default:
      return ofExpression(node, textOf);
  }
}

/**
 * A refusal (`if (wrong) throw …`) never happens any more, a pass (`if (right) return; throw …`) always
 * does: never the other way round, which would show no more than that something is refused.
 */
function ofCondition(
  node: SyntaxNode,
  [around]: readonly SyntaxNode[],
  textOf: TextOf,
): readonly Mutation[] {
  const test = nodeIn(node, 'test');
  const then = nodeIn(node, 'consequent');
  if (!test || !then) return [];
  const never = replaced(test, 'false', `"${short(textOf(test))}" never holds`);
  const always = replaced(test, 'true', `"${short(textOf(test))}" always holds`);
  const last = then.type === 'BlockStatement' ? nodesIn(then, 'body').at(-1) : then;
  if (last?.type === 'ThrowStatement') return [never];
  const isPass = last?.type === 'ReturnStatement' && !nodeIn(last, 'argument');
  const siblings = around ? nodesIn(around, 'body') : [];
  if (isPass && siblings.at(-1)?.type === 'ThrowStatement') return [always];
  return [never, ...dropped(test, textOf)];
}

function ofElement(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  // An expression that gives nothing stands wherever a property or an element may.
  const removed = replaced(node, '...[]', `"${short(textOf(node))}" left out`);
  const value = nodeIn(node, 'value');
  return [removed, ...(value && node['shorthand'] !== true ? ofExpression(value, textOf) : [])];
}

function ofExpression(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  switch (node.type) {
    case 'LogicalExpression':
      return ofLogic(node, textOf);
    case 'BinaryExpression':
      return isTruth(node) ? truths(node, textOf) : halves(node, textOf);
    case 'UnaryExpression':
      return node['operator'] === '!'
        ? truths(node, textOf)
        : [replaced(node, '0', `"${textOf(node)}" changed to 0`)];
    case 'ConditionalExpression':
      return ofChoice(node, textOf);
    case 'Literal':
      return ofLiteral(node, textOf);
    case 'ArrayExpression':
      return nodesIn(node, 'elements').map((element) =>
        replaced(element, '...[]', `"${short(textOf(element))}" left out`),
      );
    case 'ObjectExpression':
      return nodesIn(node, 'properties').flatMap((each) => ofElement(each, textOf));
    case 'AwaitExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'ParenthesizedExpression': {
      const inner = nodeIn(node, 'argument') ?? nodeIn(node, 'expression');
      return inner ? ofExpression(inner, textOf) : [];
    }
    case 'CallExpression':
      return ofCall(node, textOf);
    case 'MemberExpression':
    case 'Identifier':
      return [replaced(node, 'undefined', `"${short(textOf(node))}" not given`)];
    default:
      return [];
  }
}

/** Each way the choice would go without one of its conditions, then with it alone. */
function ofChoice(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  const test = nodeIn(node, 'test');
  const otherwise = nodeIn(node, 'alternate');
  if (!test || !otherwise) return [];
  const deeper = otherwise.type === 'ConditionalExpression' ? ofChoice(otherwise, textOf) : [];
  return [
    replaced(test, 'false', `"${short(textOf(test))}" never holds`),
    ...deeper,
    replaced(test, 'true', `"${short(textOf(test))}" always holds`),
  ];
}

function ofCall(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  const callee = textOf(nodeIn(node, 'callee') ?? node);
  if (/^Math\.(?:min|max)$/.test(callee)) {
    return nodesIn(node, 'arguments').map((argument) =>
      replaced(node, textOf(argument), `"${short(textOf(node))}" is "${short(textOf(argument))}"`),
    );
  }
  return isTruth(node)
    ? truths(node, textOf)
    : [replaced(node, 'undefined', `"${short(textOf(node))}" not called`)];
}

function ofLiteral(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  const { value } = node;
  const other =
    typeof value === 'number'
      ? String(value + 1)
      : typeof value === 'boolean'
        ? String(!value)
        : "'another'";
  return [replaced(node, other, `"${textOf(node)}" changed to ${other}`)];
}

/** What is demanded first goes without one demand; what allows much first allows all. */
function ofLogic(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  const parts = dropped(node, textOf);
  if (node['operator'] === '??') return parts;
  const whole = truths(node, textOf);
  return node['operator'] === '&&' ? [...parts, ...whole] : [...whole, ...parts];
}

/** Drop each operand: what it demands is not demanded, what it allows not allowed. */
function dropped(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  const left = nodeIn(node, 'left');
  const right = nodeIn(node, 'right');
  if (node.type !== 'LogicalExpression' || !left || !right) return [];
  if (node['operator'] === '??') {
    return [
      replaced(node, `(${textOf(left)})`, `"${short(textOf(right))}" dropped`),
      replaced(node, textOf(right), `"${short(textOf(left))}" dropped`),
    ];
  }
  const neutral = node['operator'] === '&&' ? 'true' : 'false';
  return [left, right].flatMap((operand) => {
    const inner = dropped(operand, textOf);
    return inner.length > 0
      ? inner
      : [replaced(operand, neutral, `"${short(textOf(operand))}" dropped`)];
  });
}

function truths(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  return ['true', 'false'].map((text) =>
    replaced(node, text, `"${short(textOf(node))}" is ${text}`),
  );
}

function halves(node: SyntaxNode, textOf: TextOf): readonly Mutation[] {
  return ['left', 'right'].flatMap((side) => {
    const half = nodeIn(node, side);
    return half ? [replaced(node, textOf(half), `"${short(textOf(node))}" is one half`)] : [];
  });
}

/** Tell whether an expression is a yes or a no, by its operator or the name of what is called. */
function isTruth(node: SyntaxNode): boolean {
  const operator = node['operator'];
  if (node.type === 'BinaryExpression') return /[=<>]|^in$/.test(String(operator));
  if (node.type === 'LogicalExpression') return operator !== '??';
  const callee = nodeIn(node, 'callee');
  const name = callee && (callee['name'] ?? nodeIn(callee, 'property')?.['name']);
  return /^(?:is|has|may|same|verify|includes|some|every)|Equals?$/.test(String(name));
}

function replaced({ start, end }: SyntaxNode, text: string, what: string): Mutation {
  return { what, start, end, text };
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
