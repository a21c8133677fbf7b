import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';

/** More than a cluster has; each is compared at each request. */
const MAX_NODES = 256;

/** A name whose certificate other agents may fetch. */
export interface ServedName {
  readonly name: Label;
  /** As `parseNode` reads them. */
  readonly nodes: readonly string[];
}

/** Read the list of nodes that is set for a name, as it is stored. */
export function nodesIn(value: string): readonly string[] {
  const list: unknown = JSON.parse(value);
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

/** Tell which nodes may fetch the certificate of a name; none unless somebody said so. */
export async function nodesServed(
  { nameSettings }: Pick<Store, 'nameSettings'>,
  name: string,
): Promise<readonly string[]> {
  const value = await nameSettings.get(name, 'serve-to');
  return value === undefined ? [] : nodesIn(value);
}

/** List the names that any node may fetch. */
export async function servedNames(
  store: Pick<Store, 'nameSettings'>,
): Promise<readonly ServedName[]> {
  const set = await store.nameSettings.having('serve-to');
  return [...set]
    .map(([name, value]) => ({ name, nodes: nodesIn(value) }))
    .filter(({ nodes }) => nodes.length > 0);
}

/**
 * Let nodes fetch the certificate of a name, beside those that may already: `agent serve`.
 *
 * @returns all that may now
 * @throws {CertError} USAGE_INVALID or DN_INVALID for what names no node, CERT_UNKNOWN, CONFIG_INVALID for too many
 */
export async function serveTo(
  store: Pick<Store, 'nameSettings' | 'certificates'>,
  name: Label,
  nodes: readonly string[],
): Promise<readonly string[]> {
  const { formatNode, parseNode } = await import('../sharing/node-identity.ts');
  const written = nodes.map((node) => formatNode(parseNode(node)));
  if ((await store.certificates.latest(name)) === undefined) {
    throw new CertError('CERT_UNKNOWN', `Cannot serve "${name}": there is no such certificate`, {
      hint: 'See "certkeeper show cert"',
    });
  }
  const all = [...new Set([...(await nodesServed(store, name)), ...written])];
  if (all.length > MAX_NODES) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot serve "${name}" to ${all.length} nodes: ${MAX_NODES} are the most`,
      { hint: 'Have some of them fetch it from one that has fetched it' },
    );
  }
  await store.nameSettings.set(name, 'serve-to', JSON.stringify(all));
  return all;
}

/**
 * Let nodes fetch it no more; all of them when none is named: `no agent serve`.
 *
 * @returns those that still may
 * @throws {CertError} CONFIG_INVALID when a node was none of them
 */
export async function serveNoMore(
  store: Pick<Store, 'nameSettings'>,
  name: Label,
  nodes: readonly string[],
): Promise<readonly string[]> {
  const { formatNode, parseNode } = await import('../sharing/node-identity.ts');
  const had = await nodesServed(store, name);
  const gone = new Set(nodes.map((node) => formatNode(parseNode(node))));
  const stranger = [...gone].find((node) => !had.includes(node));
  if (stranger !== undefined || had.length === 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot stop to serve "${name}"${stranger === undefined ? '' : ` to "${stranger}"`}: it is not served there`,
      { hint: 'See "certkeeper show agent serving"' },
    );
  }
  const left = gone.size === 0 ? [] : had.filter((node) => !gone.has(node));
  if (left.length === 0) await store.nameSettings.remove(name, 'serve-to');
  else await store.nameSettings.set(name, 'serve-to', JSON.stringify(left));
  return left;
}
