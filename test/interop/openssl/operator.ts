import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compose, type Services } from '../../../src/agent/compose.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import { decodePem } from '../../../src/asn1/pem.ts';
import { parseLabel } from '../../../src/base/label.ts';
import { silentLog } from '../../../src/base/log.ts';
import { loadPrivateKeyPem } from '../../../src/crypto/private-key-pem.ts';
import type { CertificateRecord, Store } from '../../../src/store/store.ts';
import { runCertkeeper, type CommandResult } from './command-line.ts';
import { reference, secret, startMockServer, type MockServer } from './mock-server.ts';
import type { OpensslPki } from './pki.ts';
import { startRelay } from './relay.ts';

/** Somebody with a state directory of their own, and a CA profile `mock` for a server of their own. */
export interface Operator {
  readonly server: MockServer;
  /** Write a file and give its path. */
  write(file: string, text: string): string;
  /** Run one command line in a process of its own. */
  run(...argv: readonly string[]): Promise<CommandResult>;
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Call a use case in this process. */
  within<T>(work: (services: Services) => Promise<T>): Promise<T>;
  /** Put a certificate of the PKI with its key into the store. */
  bring(file: 'client' | 'ee'): Promise<void>;
  current(name: string): Promise<CertificateRecord | undefined>;
  /** DER in the certificate file a service would read. */
  delivered(name: string): Uint8Array;
  /** PEM of the key file a service would read. */
  deliveredKey(name: string): string;
}

/** What differs between two cases. */
export interface Setting {
  /** Options of `openssl cmp` beside the usual ones. */
  readonly server?: readonly string[];
  /** Anchor of issued certificates; `ca.crt` unless said otherwise. */
  readonly root?: string;
  /** Anchor of the signers of CMP messages, or none of their own; `ca.crt` unless said otherwise. */
  readonly cmpRoot?: string | undefined;
  /** Parameters of `ca add` beside url, roots and secret. */
  readonly ca?: readonly string[];
  readonly secret?: string;
  /** Keep one connection to the server open between the commands. */
  readonly isRelayed?: boolean;
  /** Put something before the server. @returns the URL it is to be reached by */
  readonly front?: (serverUrl: string) => Promise<string>;
  /** Variables of the environment beside those that hold the secret. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Set everything up; it goes when the test ends. */
export async function startOperator(pki: OpensslPki, setting: Setting = {}): Promise<Operator> {
  const server = await startMockServer(pki, setting.server);
  const relay = setting.isRelayed ? await startRelay(server.url) : undefined;
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-openssl-'));
  onTestFinished(async () => {
    await relay?.close();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const state = join(directory, 'state');
  const env = { ...setting.env, CMP_SECRET: setting.secret ?? secret };
  const run = (...argv: readonly string[]): Promise<CommandResult> =>
    runCertkeeper(state, argv, env);
  const within: Operator['within'] = async (work) => {
    const services = await compose({ stateDirectory: state, log: silentLog });
    try {
      return await work(services);
    } finally {
      await services.close();
    }
  };
  const withStore: Operator['withStore'] = (work) => within(({ store }) => work(store));
  const file = (name: string): string => readFileSync(join(state, 'certs', name), 'utf8');
  const { root, cmpRoot, ca } = { root: 'ca.crt', cmpRoot: 'ca.crt', ca: [], ...setting };
  const cmpRoots = cmpRoot === undefined ? [] : ['cmp-root', pki.path(cmpRoot)];
  const behind = (relay ?? server).url;
  const url = (await setting.front?.(behind)) ?? behind;
  const words = ['ca', 'add', 'mock', 'url', url, 'root', pki.path(root)];
  const known = ['reference', reference, 'secret', 'env:CMP_SECRET'];
  const added = await run(...words, ...cmpRoots, ...known, ...ca);
  if (added.code !== 0) throw new Error(`cannot add the CA: ${added.err}`);
  return {
    server,
    write(name, text) {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    },
    run,
    withStore,
    within,
    async bring(name) {
      const { key, pkcs8 } = loadPrivateKeyPem(readFileSync(pki.path(`${name}.key`), 'utf8'));
      await withStore((store) =>
        store.certificates.import({
          name: parseLabel(name, 'name'),
          der: pki.der(`${name}.crt`),
          chain: [pki.der('ca.crt')],
          key: { spki: key.spki, pkcs8 },
          source: 'import',
          ca: parseLabel('mock', 'name'),
          at: systemClock.now(),
        }),
      );
    },
    current: (name) => withStore((store) => store.certificates.current(name)),
    delivered: (name) => decodePem(file(`${name}.cert.pem`))[0]?.der ?? new Uint8Array(),
    deliveredKey: (name) => file(`${name}.key.pem`),
  };
}
