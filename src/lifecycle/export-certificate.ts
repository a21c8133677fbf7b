import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { utf8 } from '../base/bytes.ts';
import { encodePem } from '../asn1/pem.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { keyOfCertificate } from './stored-certificate.ts';

/** Which certificates go into an export: the certificate alone, its issuers alone, or both in this order. */
export type ExportContent = 'cert' | 'chain' | 'fullchain';

/** The form of an export, with what can be in it. */
export type ExportForm =
  | { readonly type: 'pem'; readonly content: ExportContent }
  /** The private key at the end, encrypted where there is a password. */
  | {
      readonly type: 'pem-with-key';
      readonly content: Exclude<ExportContent, 'chain'>;
      readonly password?: string;
    }
  /** The certificate alone. */
  | { readonly type: 'der' }
  | {
      readonly type: 'pkcs12';
      readonly content: ExportContent;
      readonly withKey: boolean;
      readonly password: string;
    };

/** A certificate that is to leave the store. */
export interface ExportRequest {
  readonly name: Label;
  /** Absent: the current one. */
  readonly version?: number;
  readonly form: ExportForm;
}

/** What leaves the store. */
export interface ExportResult {
  /** Without a version: CA certificates of that label. */
  readonly certificate: { readonly name: Label; readonly version?: number };
  /** Whoever writes them minds whether a key is among them. */
  readonly octets: Uint8Array;
  /** How many certificates are in them. */
  readonly count: number;
}

/**
 * Take a certificate out of the store, in a form others read: `cert export`. The chain is the one that files and
 * requests get. The label of CA certificates, where no certificate has that name, is that of a CA certificate, or of a CA
 * profile for the roots and issuers of it.
 *
 * @throws {CertError} CERT_UNKNOWN, KEY_UNUSABLE when the key is asked for and is in a token or not here,
 *   CERT_INVALID when there is nothing to export
 */
export async function exportCertificate(
  context: Pick<LifecycleContext, 'store' | 'log' | 'random'>,
  { name, version, form }: ExportRequest,
): Promise<ExportResult> {
  const authorities = version === undefined ? await authoritiesOf(context.store, name) : [];
  if (authorities.length > 0) return exportAuthorities(context, name, authorities, form);
  const certificate = await find(context, name, version);
  const certificates = await certificatesOf(context, certificate, contentOf(form));
  return {
    certificate,
    count: certificates.length,
    octets: await written(context, certificate, certificates, form),
  };
}

async function written(
  context: Pick<LifecycleContext, 'store' | 'random'>,
  certificate: CertificateRecord,
  certificates: readonly Uint8Array[],
  form: ExportForm,
): Promise<Uint8Array> {
  const { random } = context;
  switch (form.type) {
    case 'der':
      return certificate.der;
    case 'pem':
      return utf8(pemOf(certificates));
    case 'pem-with-key': {
      const key = await privateKey(context, certificate);
      return utf8(pemOf(certificates) + (await keyPem(key, form.password, random)));
    }
    case 'pkcs12': {
      const key = form.withKey ? await privateKey(context, certificate) : undefined;
      const { writePkcs12 } = await import('../pkcs/pkcs12-write.ts');
      const credential = { name: certificate.name, certificates, ...(key && { pkcs8: key }) };
      return writePkcs12(credential, form.password, random);
    }
  }
}

function contentOf(form: ExportForm): ExportContent {
  return form.type === 'der' ? 'cert' : form.content;
}

function pemOf(certificates: readonly Uint8Array[]): string {
  return certificates.map((der) => encodePem('CERTIFICATE', der)).join('');
}

async function keyPem(
  pkcs8: Uint8Array,
  password: string | undefined,
  random: LifecycleContext['random'],
): Promise<string> {
  if (password === undefined) return encodePem('PRIVATE KEY', pkcs8);
  const { encryptPkcs8 } = await import('../pkcs/password-encryption.ts');
  return encodePem('ENCRYPTED PRIVATE KEY', encryptPkcs8(pkcs8, password, random));
}

/** CA certificates of a label that is no name of a certificate. */
async function authoritiesOf(store: Store, label: Label): Promise<readonly Uint8Array[]> {
  if ((await store.certificates.latest(label)) !== undefined) return [];
  const own = await store.caCertificates.get(label);
  if (own !== undefined) return [own.der];
  const profile = await store.authorities.get(label);
  return profile === undefined ? [] : [...profile.roots, ...profile.intermediates];
}

async function exportAuthorities(
  { random }: Pick<LifecycleContext, 'random'>,
  name: Label,
  certificates: readonly Uint8Array[],
  form: ExportForm,
): Promise<ExportResult> {
  const result = { certificate: { name }, count: certificates.length };
  const [only, second] = certificates;
  if (form.type === 'pem-with-key' || (form.type === 'pkcs12' && form.withKey)) {
    throw new CertError(
      'KEY_UNUSABLE',
      `Cannot export the key of "${name}": it is the label of CA certificates, of which no keys are here`,
      { hint: 'Leave with-key out' },
    );
  }
  if (form.type === 'pem') return { ...result, octets: utf8(pemOf(certificates)) };
  if (form.type === 'pkcs12') {
    const { writePkcs12 } = await import('../pkcs/pkcs12-write.ts');
    return { ...result, octets: writePkcs12({ name, certificates }, form.password, random) };
  }
  if (only !== undefined && second === undefined) return { ...result, octets: only };
  throw new CertError(
    'CERT_INVALID',
    `Cannot export "${name}" as der: there are ${certificates.length} CA certificates of that label`,
    { hint: 'Choose form pem' },
  );
}

async function find(
  { store }: Pick<LifecycleContext, 'store'>,
  name: Label,
  version: number | undefined,
): Promise<CertificateRecord> {
  const versions = await store.certificates.versions(name);
  const found =
    version === undefined
      ? await store.certificates.current(name)
      : versions.find((each) => each.version === version);
  if (found !== undefined) return found;
  if (versions.length === 0) throw await unknown(store, name);
  throw new CertError(
    'CERT_UNKNOWN',
    version === undefined
      ? `Cannot export "${name}": it has no current certificate`
      : `Cannot export version ${version} of "${name}": there is none`,
    { hint: `See "certkeeper show cert${version === undefined ? '' : ` full ${name}`}"` },
  );
}

/** How many names a hint has room for. */
const MAX_HINTED = 10;

async function unknown(store: Store, name: Label): Promise<CertError> {
  if ((await store.keyRequests.get(name)) !== undefined) {
    return new CertError(
      'CERT_UNKNOWN',
      `Cannot export "${name}": it is a request, and its certificate is yet to be imported`,
      { hint: `"certkeeper show cert full ${name}" shows the request` },
    );
  }
  const known = (await store.certificates.names()).map((each) => `"${each}"`);
  return new CertError('CERT_UNKNOWN', `Cannot export "${name}": there is no such certificate`, {
    hint:
      known.length === 0
        ? 'There is none yet; see "certkeeper show cert full"'
        : `Known are ${known.slice(0, MAX_HINTED).join(', ')}${known.length > MAX_HINTED ? ', …' : ''}`,
  });
}

async function certificatesOf(
  context: Pick<LifecycleContext, 'store' | 'log'>,
  certificate: CertificateRecord,
  content: ExportContent,
): Promise<readonly Uint8Array[]> {
  if (content === 'cert') return [certificate.der];
  const chain = await chainToSend(context, certificate);
  if (content === 'fullchain') return [certificate.der, ...chain];
  if (chain.length > 0) return chain;
  const { name } = certificate;
  throw new CertError(
    'CERT_INVALID',
    `Cannot export the chain of "${name}": nothing is between it and its root`,
    { hint: 'Leave content out, or import the issuers with "cert import … ca"' },
  );
}

async function privateKey(
  { store }: Pick<LifecycleContext, 'store'>,
  record: CertificateRecord,
): Promise<Uint8Array> {
  const { name, version, keyId } = record;
  const refuse = (why: string, hint: string): never => {
    throw new CertError('KEY_UNUSABLE', `Cannot export the key of "${name}": ${why}`, { hint });
  };
  if (keyId === undefined) {
    return refuse(`there is none here for version ${version}`, 'Leave with-key out');
  }
  const { tokenUri } = await store.keys.publicKey(keyId);
  if (tokenUri !== undefined) {
    return refuse(
      `it is in a token (${tokenUri}), which it never leaves`,
      'Leave with-key out, and have the service use the token',
    );
  }
  return keyOfCertificate(store, record, keyId);
}
