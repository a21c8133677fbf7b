import { Document, isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import { encodePem } from '../asn1/pem.ts';
import { printable } from '../base/printable.ts';
import type { Label } from '../base/label.ts';
import { listServers } from '../lifecycle/retrieval-servers.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import type { Words } from './entry.ts';
import { fingerprints } from './places.ts';
import type { SectionName } from './schema.ts';
import { storedSections } from './sections.ts';

/** A part of the file as plain data. */
export type Plain =
  | string
  | number
  | boolean
  | readonly string[]
  | { readonly [key: string]: Plain };

/** What the configuration is. */
export interface ShownConfig {
  readonly config: { readonly [key: string]: Plain };
  /** Where the certificates are and their keys, by name. */
  readonly places: {
    readonly [name: string]: { readonly key: string; readonly certificate: string };
  };
  /** The configuration as YAML, the places and what the fingerprints are of as comments. */
  text(): string;
}

const sectionNames: readonly SectionName[] = [
  'ca',
  'retrieval',
  'tokens',
  'cert-store',
  'retention',
  'maintenance-windows',
  'cert-trap',
  'snmp',
  'notify',
  'ocsp',
  'ca-crl',
  'crypto-policy',
  'staple-responder',
  'certificates',
  'ipsec-peer',
];

/**
 * Read the whole configuration. No secret and no key is in it: applied again it changes nothing.
 *
 * @param withPem anchors in full, to be applied elsewhere, and not by their fingerprints
 */
export async function showConfig(store: Store, withPem: boolean): Promise<ShownConfig> {
  const anchors = await anchorsOf(store);
  const config: Record<string, Tree> = {};
  for (const section of sectionNames) {
    const tree: Tree = new Map();
    for (const { path, words } of await storedSections[section](store)) {
      put(tree, path, withPem ? inFull(words, anchors) : words);
    }
    config[section] = tree;
  }
  const places = await placesOf(store);
  const plain = Object.fromEntries(
    Object.entries(config).map(([section, tree]) => [section, plainOf(tree)]),
  );
  return {
    config: plain,
    places: Object.fromEntries(places),
    text: () => textOf(plain, places, anchors),
  };
}

type Tree = Map<string, Tree | Words[string]>;

function put(tree: Tree, path: readonly string[], words: Words): void {
  let at = tree;
  for (const step of path) {
    const below = at.get(step);
    const next: Tree = below instanceof Map ? below : new Map();
    at.set(step, next);
    at = next;
  }
  for (const [key, value] of Object.entries(words)) if (value !== undefined) at.set(key, value);
}

function plainOf(tree: Tree): { readonly [key: string]: Plain } {
  return Object.fromEntries(
    [...tree].flatMap(([key, value]): readonly (readonly [string, Plain])[] => {
      if (value === undefined) return [];
      return [[key, value instanceof Map ? plainOf(value) : value]];
    }),
  );
}

function certificatesOf(profile: CaProfile): readonly Uint8Array[] {
  return [
    ...profile.roots,
    ...profile.cmpRoots,
    ...profile.intermediates,
    ...profile.tlsRoots,
    ...(profile.serverCertificate ? [profile.serverCertificate] : []),
  ];
}

/** All anchors that are stored, by what stands for them. */
async function anchorsOf(store: Store): Promise<ReadonlyMap<string, Uint8Array>> {
  const ders = [
    ...(await store.authorities.list()).flatMap(certificatesOf),
    ...(await listServers(store)).flatMap(({ tlsRoots }) => tlsRoots),
  ];
  return new Map(ders.flatMap((der) => fingerprints([der]).map((each) => [each, der] as const)));
}

function inFull(words: Words, anchors: ReadonlyMap<string, Uint8Array>): Words {
  const pem = (text: string): string => {
    const der = anchors.get(text);
    return der === undefined ? text : encodePem('CERTIFICATE', der);
  };
  return Object.fromEntries(
    Object.entries(words).map(([key, value]) => {
      if (typeof value === 'string') return [key, pem(value)];
      return [key, typeof value === 'object' ? value.map(pem) : value];
    }),
  );
}

type Places = ReadonlyMap<string, { readonly key: string; readonly certificate: string }>;

/** Where the current certificates are and their keys. */
async function placesOf(store: Store): Promise<Places> {
  const places = new Map<string, { readonly key: string; readonly certificate: string }>();
  for (const name of await store.certificates.names()) {
    const record = await store.certificates.current(name);
    if (record !== undefined) places.set(name, await placeOf(store, name, record));
  }
  return places;
}

async function placeOf(
  store: Store,
  name: Label,
  { directory, keyId }: CertificateRecord,
): Promise<{ readonly key: string; readonly certificate: string }> {
  const { deployments, keys, nameSettings } = store;
  const files = (await deployments.list(name)).flatMap((each) => each.files);
  const fileOf = (...kinds: readonly string[]): string | undefined =>
    kinds.flatMap((kind) => files.filter((file) => file.kind === kind))[0]?.path;
  const key = keyId === undefined ? undefined : await keys.publicKey(keyId);
  const tracked = await nameSettings.get(name, 'track-source');
  const inDirectory = (part: string): string | undefined =>
    directory === undefined || files.length > 0 ? undefined : `${directory}/${name}.${part}.pem`;
  return {
    certificate:
      fileOf('cert', 'fullchain', 'combined', 'der', 'pkcs12') ??
      inDirectory('cert') ??
      tracked ??
      'in the store',
    key:
      key === undefined
        ? 'not here'
        : (key.tokenUri ??
          fileOf('key', 'combined', 'pkcs12') ??
          inDirectory('key') ??
          'in the store'),
  };
}

function textOf(
  config: { readonly [key: string]: Plain },
  places: Places,
  anchors: ReadonlyMap<string, Uint8Array>,
): string {
  // What YAML 1.1 would take for something else than a text is quoted, too.
  const document = new Document(config, { version: '1.2', compat: 'yaml-1.1' });
  document.commentBefore =
    ' The configuration of certkeeper: "certkeeper config apply" of it changes nothing.';
  const certificates = document.get('certificates');
  const lines: string[] = [];
  for (const [name, { certificate, key }] of places) {
    const line = printable(` ${name}: certificate ${certificate}, key ${key}`);
    const node = isMap<Node, Node>(certificates) ? keyNode(certificates, name) : undefined;
    if (node === undefined) lines.push(line);
    else node.commentBefore = line;
  }
  if (lines.length > 0) document.comment = [' Certificates without settings:', ...lines].join('\n');
  explain(document.contents, anchors);
  return document.toString({ lineWidth: 0 });
}

function keyNode(map: YAMLMap<Node, Node>, name: string): Node | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name)?.key;
}

/** Say behind each fingerprint whose it is. */
function explain(node: unknown, anchors: ReadonlyMap<string, Uint8Array>): void {
  if (isScalar(node) && typeof node.value === 'string') {
    const der = anchors.get(node.value);
    if (der !== undefined) {
      const { subject } = decodeCertificate(der).tbsCertificate;
      node.comment = printable(` ${formatName(subject)}`);
    }
  } else if (typeof node === 'object' && node !== null && 'items' in node) {
    const items: unknown = node.items;
    if (!Array.isArray(items)) return;
    for (const item of items) {
      explain(isPair(item) ? item.value : item, anchors);
    }
  }
}

function isPair(item: unknown): item is { readonly value: unknown } {
  return typeof item === 'object' && item !== null && 'key' in item && 'value' in item;
}
