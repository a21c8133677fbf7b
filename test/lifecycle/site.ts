import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel, type Label } from '../../src/base/label.ts';
import type { Random } from '../../src/base/random.ts';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import type { Transport } from '../../src/cmp/transport/transport.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import type { GeneratedKey, KeyType } from '../../src/crypto/keys.ts';
import { deliverFiles } from '../../src/deploy/files.ts';
import type { LifecycleContext, Progress } from '../../src/lifecycle/context.ts';
import { initialize, type InitializeRequest } from '../../src/lifecycle/initialize.ts';
import type { EnrollmentResult } from '../../src/lifecycle/result.ts';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store, TransactionRecord } from '../../src/store/store.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';

/** Real random octets. */
export const random: Random = { bytes: (length) => Uint8Array.from(randomBytes(length)) };

/** What stands between client and lab: sees every message, and may answer in the lab's place. */
export type Wire = (
  der: Uint8Array,
  lab: (der: Uint8Array) => Promise<Uint8Array>,
) => Promise<Uint8Array>;

/** A lab, a store on disk, and the context of one process that uses them. */
export interface Site {
  readonly lab: Lab;
  readonly clock: FakeClock;
  readonly store: Store;
  readonly context: LifecycleContext;
  readonly profile: CaProfile;
  /** Where PEM files go. */
  readonly certs: string;
  /** Every message that left, in order. */
  readonly sent: readonly Uint8Array[];
  readonly warnings: readonly string[];
  readonly progress: readonly Progress[];
  /** Put something between client and lab; without argument, take it away. */
  setWire(wire?: Wire): void;
  /** Another process on the same state directory. */
  open(): Promise<LifecycleContext>;
  /** Another lab in place of the lab, on the same ledger, with other settings. */
  relab(settings: Partial<LabSettings>): Promise<Lab>;
  /** Change the CA profile. */
  setProfile(changes: Partial<CaProfile>): Promise<void>;
  /** Names and contents of the PEM files. */
  files(): ReadonlyMap<string, string>;
}

/** How a site differs from the usual one. */
export interface SiteOptions {
  readonly lab?: Partial<LabSettings>;
  readonly profile?: Partial<CaProfile>;
  readonly clock?: FakeClock;
  /** Processes that hold a lease are still there. */
  readonly othersLive?: boolean;
}

/** The name of a certificate, checked. */
export function named(text: string): Label {
  return parseLabel(text, 'cert-name');
}

/** Set up a lab and a client of it; both are gone after the test. */
export async function makeSite(options: SiteOptions = {}): Promise<Site> {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-lifecycle-'));
  const closing: { close(): Promise<void> }[] = [];
  onTestFinished(async () => {
    for (const each of closing.toReversed()) await each.close();
    rmSync(home, { recursive: true, force: true });
  });
  const clock = options.clock ?? fakeClock();
  const openLab = async (settings: Partial<LabSettings>): Promise<Lab> => {
    const opened = await createLab({ directory: join(home, 'lab'), clock, random, settings });
    closing.push(opened);
    return opened;
  };
  let lab = await openLab({ implicitConfirm: false, ...options.lab });
  const sent: Uint8Array[] = [];
  const warnings: string[] = [];
  const progress: Progress[] = [];
  let wire: Wire | undefined;
  const transport = (): Transport => ({
    async exchange(der, signal) {
      signal?.throwIfAborted();
      sent.push(Uint8Array.from(der));
      return wire ? wire(der, (octets) => lab.handle(octets)) : lab.handle(der);
    },
    async close() {},
  });
  const certs = join(home, 'certs');
  let processes = 0;
  const open = async (): Promise<LifecycleContext> => {
    const store = await openStore({
      directory: join(home, 'state'),
      clock: { sleep: async () => {} },
      random,
    });
    closing.push(store);
    return {
      store,
      clock,
      random,
      log: { debug() {}, info() {}, warn: (message) => void warnings.push(message) },
      connect: transport,
      keys: async () => softwareKeys,
      deliver: (delivery) => deliverFiles(delivery),
      holder: { pid: ++processes, startedAt: '', host: 'here', boot: 'b', pidNamespace: 'n' },
      // Whoever is in the way was killed, as far as most tests go.
      livenessOf: () => (options.othersLive ? 'alive' : 'dead'),
      defaultCertStore: certs,
      progress: (each) => void progress.push(each),
    };
  };
  const context = await open();
  const { store } = context;
  let profile: CaProfile = { ...profileOf(lab), ...options.profile };
  const setProfile = async (changes: Partial<CaProfile>): Promise<void> => {
    profile = { ...profile, ...changes };
    await store.authorities.put(profile);
  };
  await store.authorities.put(profile, lab.secrets.get(DEFAULT_REFERENCE) ?? null);
  return {
    get lab() {
      return lab;
    },
    get profile() {
      return profile;
    },
    clock,
    store,
    context,
    certs,
    sent,
    warnings,
    progress,
    setWire(next) {
      wire = next;
    },
    open,
    async relab(settings) {
      lab = await openLab({ ...lab.settings, ...settings });
      return lab;
    },
    setProfile,
    files: () => readFiles(certs),
  };
}

/** A profile for a lab, without what can be left out. */
export function profileOf(lab: Lab): CaProfile {
  return caProfile({
    label: parseLabel('lab', 'ca'),
    url: 'http://lab.example/pkix/',
    roots: [certificateDer(lab.authorities.root.certificate)],
    reference: DEFAULT_REFERENCE,
    pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
    transactionDeadlineSeconds: 86_400,
    responseTimeoutSeconds: 30,
  });
}

/** What an operator asks for with `cmp initialize`, changed as the test needs. */
export function request(changes: Partial<InitializeRequest> = {}): InitializeRequest {
  return {
    name: named('gw1'),
    wanted: wanted('CN=gw1,O=Test'),
    key: { type: 'generate', keyType: 'p-256' },
    credential: { type: 'mac' },
    waitSeconds: 60,
    ...changes,
  };
}

/** Names to ask for. */
export function wanted(
  subject: string,
  ...subjectAltNames: readonly GeneralName[]
): InitializeRequest['wanted'] {
  return { subject: parseName(subject), subjectAltNames };
}

/** Get the first certificate, which a test takes for granted. */
export async function initialized(
  { context }: Site,
  changes: Partial<InitializeRequest> = {},
): Promise<EnrollmentResult & { readonly type: 'issued' }> {
  return issued(await initialize(context, request(changes)));
}

/** Take a result for an issued certificate. */
export function issued<T extends { readonly type: string }>(
  result: T,
): T & { readonly type: 'issued' } {
  if (isIssued(result)) return result;
  throw new Error(`The result is ${JSON.stringify(result)}`);
}

function isIssued<T extends { readonly type: string }>(
  result: T,
): result is T & { readonly type: 'issued' } {
  return result.type === 'issued';
}

/** The one transaction that is outstanding. */
export async function outstanding(store: Store): Promise<TransactionRecord> {
  const [only, ...others] = await store.transactions.outstanding();
  if (!only || others.length > 0)
    throw new Error(`${others.length} transactions too many, or none`);
  return only;
}

/** Name the bodies of messages. */
export function bodies(messages: readonly Uint8Array[]): readonly string[] {
  return messages.map((der) => decodeMessage(der).body.type);
}

/** What a `CertError` of this code looks like to `toThrow`. */
export function coded(code: CertError['code']): Partial<CertError> {
  return { name: 'CertError', code };
}

/** Everything in the store a refused answer must leave as it was. */
export async function certificatesIn({ store }: Site): Promise<unknown> {
  return { certificates: await store.certificates.list({ all: true }) };
}

const keys = new Map<KeyType, Promise<GeneratedKey>>();

/** A key of a type, made once for all tests: RSA takes its time. */
export function sharedKey(type: KeyType): Promise<GeneratedKey> {
  const made = keys.get(type) ?? softwareKeys.generate(type);
  keys.set(type, made);
  return made;
}

function readFiles(directory: string): ReadonlyMap<string, string> {
  if (!existsSync(directory)) return new Map();
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, 'utf8')]),
  );
}
