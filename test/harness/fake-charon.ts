import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { fromDer } from '../../src/asn1/codec.ts';
import {
  list,
  section,
  value,
  type ViciEntry,
  type ViciMessage,
} from '../../src/deploy/vici-message.ts';
import { octetsIn, sectionIn, sectionsIn, textIn } from '../../src/deploy/vici-reading.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { type FakeVici, startFakeVici, type ViciAnswer, type ViciFault } from './fake-vici.ts';

/** An IKE_SA of a fake charon. */
export interface FakeAssociation {
  readonly connection: string;
  readonly id: string;
  state: string;
  readonly remoteId: string;
  /** It is left out of lists, though it stands. */
  isBusy?: boolean;
  /** Seconds; 7 when absent. */
  age?: number;
  /** Seconds until charon authenticates it anew by itself. */
  reauthIn?: number;
  readonly localId: string;
  /** The certificate it was set up with, in hex. */
  readonly certificate: string;
  readonly children: readonly string[];
}

/** As much of a charon as deployments see; DER in hex. */
export interface FakeCharon extends FakeVici {
  readonly certificates: Map<string, 'own' | 'ca' | 'received'>;
  readonly crls: Set<string>;
  /** By their ids. */
  readonly loadedKeys: Set<string>;
  readonly authorities: Map<string, ViciMessage>;
  readonly connections: Map<string, ViciMessage>;
  readonly associations: FakeAssociation[];
  /** What is to be established at once when it is initiated; without it it stays `CONNECTING`. */
  answersPeers: boolean;
  /** Whether peers end the former IKE_SA when there is another with the same end. */
  isUnique: boolean;
  /** Add an IKE_SA that a peer began; its connection has to be loaded. */
  establish(connection: string, remoteId?: string): FakeAssociation;
  /** Lose everything, as a charon does that is started anew. */
  startAnew(): Promise<void>;
  /** Tell whoever listens that an IKE_SA stands, or is gone. */
  announce(association: FakeAssociation, isUp: boolean): void;
}

/** Start a charon that only pretends; it is gone after the test. */
export async function startFakeCharon(path?: string): Promise<FakeCharon> {
  const certificates: FakeCharon['certificates'] = new Map();
  const crls = new Set<string>();
  const loadedKeys = new Set<string>();
  const authorities = new Map<string, ViciMessage>();
  const connections = new Map<string, ViciMessage>();
  const associations: FakeAssociation[] = [];
  let last = 0;

  const begin = (connection: string, state: string, remoteId: string): FakeAssociation => {
    const settings = connections.get(connection) ?? [];
    const local = sectionIn(settings, 'local');
    const made: FakeAssociation = {
      connection,
      id: String((last += 1)),
      state,
      remoteId,
      localId: textIn(local, 'id') ?? '',
      certificate: listIn(local, 'certs')[0] ?? '',
      children: sectionsIn(sectionIn(settings, 'children')).map(({ name }) => name),
    };
    associations.push(made);
    return made;
  };

  const end = (isMeant: (sa: FakeAssociation) => boolean): number => {
    const gone = associations.filter(isMeant);
    for (const each of gone) associations.splice(associations.indexOf(each), 1);
    return gone.length;
  };

  const load = (message: ViciMessage): ViciAnswer | ViciFault => {
    const data = octetsIn(message, 'data') ?? new Uint8Array();
    if (textIn(message, 'type') === 'X509_CRL') {
      crls.add(hex(data));
      return done();
    }
    if (keyIdOfCertificate(data) === undefined)
      return { errmsg: 'parsing X509 certificate failed' };
    certificates.set(hex(data), textIn(message, 'flag') === 'CA' ? 'ca' : 'own');
    return done();
  };

  const loadKey = (message: ViciMessage): ViciAnswer | ViciFault => {
    const id = keyIdOfPrivate(octetsIn(message, 'data') ?? new Uint8Array());
    if (id === undefined) return { errmsg: 'parsing any private key failed' };
    loadedKeys.add(id);
    return done(value('id', id));
  };

  const initiate = (message: ViciMessage): ViciAnswer | ViciFault => {
    const name = textIn(message, 'ike') ?? '';
    const settings = connections.get(name);
    if (settings === undefined) return { errmsg: `CHILD_SA config '${name}' not found` };
    const [pinned = ''] = listIn(sectionIn(settings, 'local'), 'certs');
    // Charon takes one that stands only if it was made of the same configuration.
    const same = associations.find((sa) => sa.connection === name && sa.certificate === pinned);
    const remote = textIn(sectionIn(settings, 'remote'), 'id') ?? 'CN=peer';
    if (same === undefined && charon.isUnique) end((sa) => sa.connection === name);
    const state = charon.answersPeers ? 'ESTABLISHED' : 'CONNECTING';
    const { id } = same ?? begin(name, state, remote);
    if (textIn(message, 'timeout') === '-1') return done();
    const msg = same === undefined ? `initiating IKE_SA ${name}[${id}]` : 'existing duplicate';
    const log = [value('ikesa-uniqueid', id), value('msg', msg)];
    const isUp = same === undefined && charon.answersPeers;
    const refusal = [value('success', 'no'), value('errmsg', `establishing '${name}' failed`)];
    return {
      message: isUp ? [value('success', 'yes')] : refusal,
      events: [{ name: 'control-log', message: log }],
    };
  };

  // With the settings each was set up with.
  const reauthenticate = (name: string): ViciAnswer | ViciFault => {
    const former = associations.filter(({ connection }) => connection === name);
    if (former.length === 0) return { errmsg: 'no matching SAs to rekey found' };
    for (const each of former) {
      associations.splice(associations.indexOf(each), 1);
      if (each.children.length > 0 && charon.answersPeers)
        associations.push({ ...each, id: String((last += 1)) });
    }
    return done(value('matches', String(former.length)));
  };

  const terminate = (message: ViciMessage): ViciAnswer | ViciFault => {
    const gone = end(
      ({ id, connection }) =>
        id === textIn(message, 'ike-id') || connection === textIn(message, 'ike'),
    );
    if (gone === 0) return { errmsg: 'no matching SAs to terminate found' };
    return done(value('matches', String(gone)));
  };

  const serve = (command: string, message: ViciMessage): ViciAnswer | ViciFault => {
    const name = textIn(message, 'name') ?? '';
    const [first] = sectionsIn(message);
    switch (command) {
      case 'version':
        return { message: [value('daemon', 'charon-fake'), value('version', '5.9.8')] };
      case 'stats':
        return {
          message: [
            section('uptime', [value('since', 'Nov 22 03:00:00 2026')]),
            section('ikesas', [value('total', String(associations.length))]),
          ],
        };
      case 'load-cert':
        return load(message);
      case 'load-key':
        return loadKey(message);
      case 'load-token': {
        const handle = textIn(message, 'handle') ?? '';
        const id = createHash('sha1').update(handle).digest('hex');
        loadedKeys.add(id);
        return done(value('id', id));
      }
      case 'get-keys':
        return { message: [list('keys', [...loadedKeys])] };
      case 'unload-key':
        return loadedKeys.delete(textIn(message, 'id') ?? '')
          ? done()
          : { errmsg: 'key not found' };
      case 'load-authority':
        if (first !== undefined) authorities.set(first.name, first.entries);
        return done();
      case 'get-authorities':
        return { message: [list('authorities', [...authorities.keys()])] };
      case 'unload-authority':
        return authorities.delete(name)
          ? done()
          : { errmsg: `unload: certification authority '${name}' not found` };
      case 'load-conn':
        if (first !== undefined) connections.set(first.name, first.entries);
        return done();
      case 'get-conns':
        return { message: [list('conns', [...connections.keys()])] };
      case 'unload-conn':
        return connections.delete(name)
          ? done()
          : { errmsg: `unload: connection '${name}' not found` };
      case 'initiate':
        return initiate(message);
      case 'rekey':
        return reauthenticate(textIn(message, 'ike') ?? '');
      case 'terminate':
        return terminate(message);
      case 'flush-certs':
        if (textIn(message, 'type') !== 'X509') return done();
        for (const [der, kind] of certificates) if (kind === 'received') certificates.delete(der);
        return done();
      case 'list-sas':
        return {
          message: [],
          events: associations
            .filter(({ isBusy }) => isBusy !== true)
            .map((sa) => ({ name: 'list-sa', message: [associationSection(sa)] })),
        };
      case 'list-certs':
        return { message: [], events: certificateEvents(textIn(message, 'type') ?? '') };
      default:
        return 'unknown';
    }
  };

  const certificateEvents = (type: string): NonNullable<ViciAnswer['events']> => {
    const listed = type === 'X509_CRL' ? [...crls] : [...certificates.keys()];
    return listed.map((der) => {
      const data = Buffer.from(der, 'hex');
      const id = type === 'X509' ? keyIdOfCertificate(data) : undefined;
      const has = id !== undefined && loadedKeys.has(id) ? [value('has_privkey', 'yes')] : [];
      return { name: 'list-cert', message: [value('type', type), ...has, value('data', data)] };
    });
  };

  const vici = await startFakeVici(serve, path);
  const charon: FakeCharon = {
    ...vici,
    certificates,
    crls,
    loadedKeys,
    authorities,
    connections,
    associations,
    answersPeers: true,
    isUnique: false,
    establish: (connection, remoteId = 'CN=peer') => begin(connection, 'ESTABLISHED', remoteId),
    announce: (association, isUp) =>
      vici.raise('ike-updown', [
        ...(isUp ? [value('up', 'yes')] : []),
        associationSection(association),
      ]),
    async startAnew() {
      for (const each of [certificates, crls, loadedKeys, authorities, connections]) each.clear();
      associations.length = 0;
      await vici.restart();
    },
  };
  return charon;
}

function associationSection(sa: FakeAssociation): ViciEntry {
  return section(sa.connection, [
    value('uniqueid', sa.id),
    value('version', '2'),
    value('state', sa.state),
    value('local-host', '192.0.2.1'),
    value('remote-host', '192.0.2.2'),
    value('local-id', sa.localId),
    value('remote-id', sa.remoteId),
    value('encr-alg', 'AES_CBC'),
    value('encr-keysize', '128'),
    ...(sa.state === 'ESTABLISHED' ? [value('established', String(sa.age ?? 7))] : []),
    ...(sa.reauthIn === undefined ? [] : [value('reauth-time', String(sa.reauthIn))]),
    section(
      'child-sas',
      sa.children.map((child) =>
        section(`${child}-${sa.id}`, [
          value('name', child),
          value('uniqueid', sa.id),
          value('state', sa.state === 'ESTABLISHED' ? 'INSTALLED' : 'CREATED'),
        ]),
      ),
    ),
  ]);
}

function done(...more: readonly ViciEntry[]): ViciAnswer {
  return { message: [value('success', 'yes'), ...more] };
}

function listIn(message: ViciMessage, name: string): readonly string[] {
  return message.flatMap((entry) =>
    entry.type === 'list' && entry.name === name ? entry.items.map(hex) : [],
  );
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** Give the id by which charon knows the key of a certificate. @returns `undefined` for what is none */
export function keyIdOfCertificate(der: Uint8Array): string | undefined {
  try {
    return keyId(new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' }));
  } catch {
    return undefined;
  }
}

function keyIdOfPrivate(pkcs8: Uint8Array): string | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), type: 'pkcs8', format: 'der' });
    return keyId(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  } catch {
    return undefined;
  }
}

/** SHA-1 of the octets of subjectPublicKey. */
function keyId(spki: Buffer): string {
  const { subjectPublicKey } = fromDer(SubjectPublicKeyInfo, new Uint8Array(spki));
  return createHash('sha1').update(subjectPublicKey).digest('hex');
}
