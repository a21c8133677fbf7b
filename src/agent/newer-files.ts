import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePem } from '../asn1/pem.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isLabel } from '../base/label.ts';
import { formatTime } from '../base/format-time.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { certStoreLocation } from '../lifecycle/setting-keys.ts';
import type { CertificateRecord } from '../store/store.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';

/** A delivered file with a certificate that the store does not know: it was got after the backup that was restored. */
export interface NewerFile {
  readonly name: string;
  /** Of the certificate, absolute. */
  readonly path: string;
  /** Of its key, where that is delivered, too. */
  readonly keyPath?: string;
  /** Of its chain, where that lies beside it. */
  readonly chainPath?: string;
  readonly ca?: string;
  readonly notAfter: Date;
}

/** A chain with its key is far below that. */
const maxOctets = 1_048_576;

/** Whoever restores a store of more has seen enough. */
const maxFiles = 10_000;

/**
 * Find out what a store of the past does not know: certificates that were delivered after it, in the cert-store
 * location and where deployments say. Certificates of others that were put there have other subjects.
 */
export async function newerFiles({
  store,
  defaultCertStore,
}: Pick<LifecycleContext, 'store' | 'defaultCertStore'>): Promise<readonly NewerFile[]> {
  const location = (await store.settings.get(certStoreLocation)) ?? defaultCertStore;
  const found: NewerFile[] = [];
  const known = new Set(await store.certificates.names());
  for (const name of [...known].slice(0, maxFiles)) {
    const [newest] = await candidates(store, name, location);
    if (newest !== undefined) found.push(newest);
  }
  // Of names that are not known at all.
  for (const file of (await readdir(location).catch(() => [])).slice(0, maxFiles)) {
    const [, name = ''] = /^(.+)\.cert\.pem$/.exec(file) ?? [];
    if (!isLabel(name) || known.has(name)) continue;
    const certificate = await certificateIn(join(location, file));
    if (certificate === undefined) continue;
    const keyPath = await thereOrNot(join(location, `${name}.key.pem`));
    const chainPath = await thereOrNot(join(location, `${name}.chain.pem`));
    found.push({
      name,
      path: join(location, file),
      ...(keyPath !== undefined && { keyPath }),
      ...(chainPath !== undefined && { chainPath }),
      notAfter: certificate.value.tbsCertificate.validity.notAfter.value,
    });
  }
  return found;
}

/** Give the files of a name with certificates that came after the one that is stored, the last to end first. */
async function candidates(
  store: LifecycleContext['store'],
  name: string,
  location: string,
): Promise<readonly NewerFile[]> {
  const versions = (await store.certificates.versions(name)).filter(({ version }) => version > 0);
  const current = await store.certificates.current(name);
  if (current === undefined || current.source === 'track') return [];
  const found: NewerFile[] = [];
  for (const { path, keyPath, chainPath } of await placesOf(store, current, location)) {
    const read = await certificateIn(path);
    if (read === undefined || versions.some(({ der }) => bytesEqual(der, read.der))) continue;
    if (!isSuccessor(read.value, decodeCertificate(current.der))) continue;
    const key = keyPath === undefined ? undefined : await thereOrNot(keyPath);
    const chain = chainPath === undefined ? undefined : await thereOrNot(chainPath);
    found.push({
      name,
      path,
      ...(key !== undefined && { keyPath: key }),
      ...(chain !== undefined && { chainPath: chain }),
      ...(current.ca !== undefined && { ca: current.ca }),
      notAfter: read.value.tbsCertificate.validity.notAfter.value,
    });
  }
  return found.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime());
}

function isSuccessor(
  { tbsCertificate: a }: Certificate,
  { tbsCertificate: b }: Certificate,
): boolean {
  const isSameName = JSON.stringify(a.subject) === JSON.stringify(b.subject);
  return isSameName && a.validity.notBefore.value > b.validity.notBefore.value;
}

async function placesOf(
  { deployments }: LifecycleContext['store'],
  { name, directory }: CertificateRecord,
  location: string,
): Promise<readonly Pick<NewerFile, 'path' | 'keyPath' | 'chainPath'>[]> {
  const deployed = (await deployments.list(name)).flatMap(({ files }) => {
    const pathOf = (...kinds: readonly string[]): string | undefined =>
      files.find(({ kind }) => kinds.includes(kind))?.path;
    const path = pathOf('cert', 'fullchain', 'combined');
    const keyPath = pathOf('key', 'combined');
    if (path === undefined) return [];
    // The others have it inside.
    const chainPath = path === pathOf('cert') ? pathOf('chain') : undefined;
    return [
      {
        path,
        ...(keyPath !== undefined && { keyPath }),
        ...(chainPath !== undefined && { chainPath }),
      },
    ];
  });
  const directories = new Set([
    location,
    ...(directory === undefined ? [] : directory.split(', ')),
  ]);
  const stored = [...directories].map((each) => ({
    path: join(each, `${name}.cert.pem`),
    keyPath: join(each, `${name}.key.pem`),
    chainPath: join(each, `${name}.chain.pem`),
  }));
  return [...deployed, ...stored];
}

/** @returns undefined for what is not there, or not a certificate in PEM */
async function certificateIn(
  path: string,
): Promise<{ readonly der: Uint8Array; readonly value: Certificate } | undefined> {
  const octets = await readSome(path);
  if (octets === undefined) return undefined;
  try {
    const pem = decodePem(new TextDecoder().decode(octets));
    const first = pem.find(({ label }) => label === 'CERTIFICATE');
    return first && { der: first.der, value: decodeCertificate(first.der) };
  } catch (error) {
    if (error instanceof CertError) return undefined;
    throw error;
  }
}

async function thereOrNot(path: string): Promise<string | undefined> {
  return (await readSome(path)) === undefined ? undefined : path;
}

/** @returns undefined for what cannot be read, is no plain file, or too large */
async function readSome(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > maxOctets) return undefined;
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Say what to do about such a file. */
export function newerFileText({ name, path, notAfter }: NewerFile): string {
  return `"${path}" has a certificate of "${name}" until ${formatTime(notAfter)} that the store does not know`;
}

/** Say how it is taken in. */
export function newerFileRemedy({ name, path, keyPath, chainPath, ca }: NewerFile): string {
  const key = keyPath === undefined || keyPath === path ? '' : ` key-file ${keyPath}`;
  const chain = chainPath === undefined || chainPath === path ? '' : ` chain-file ${chainPath}`;
  const root = ca === undefined ? '' : ` ca-root ${ca}`;
  return `certkeeper cert import cert-name ${name} file ${path}${key}${chain}${root} replace`;
}

/** Look whether the store is older than what was delivered, as after a restore. */
export async function examineNewerFiles(
  context: Parameters<typeof newerFiles>[0],
): Promise<readonly DoctorFinding[]> {
  return (await newerFiles(context)).map((newer) => ({
    check: 'certificate',
    about: newer.name,
    severity: 'warning',
    text: newerFileText(newer),
    remedy: `Take it in, if it is yours: ${newerFileRemedy(newer)}`,
  }));
}

/**
 * Say of a name whose files are newer than the store only that: what else there is to say is about a certificate that is
 * no more in use, and to follow it would put that in the place of the newer one.
 */
export function putNewerFirst(
  newer: readonly DoctorFinding[],
  certificates: readonly DoctorFinding[],
): readonly DoctorFinding[] {
  const replaced = certificates.filter((each) => newer.some(({ about }) => about === each.about));
  const isGrave = ({ about }: DoctorFinding): boolean =>
    replaced.some((each) => each.about === about && each.severity === 'error');
  return [
    ...newer.map((each): DoctorFinding => (isGrave(each) ? { ...each, severity: 'error' } : each)),
    ...certificates.filter((each) => !replaced.includes(each)),
  ];
}
