/** A certificate that may sign responses, and the CAs it may speak for. */
export interface OcspSigningCert {
  readonly label: string;
  /** Labels of CAs; without a word the CA that issued it. */
  readonly forCa: 'its issuer' | 'any' | readonly string[];
}

/** The HTTP proxy queries go through; its password is kept beside the object, sealed. */
export interface OcspTunnel {
  readonly address: string;
  readonly port: number;
  readonly username?: string;
  readonly hasPassword: boolean;
}

/** Everything an operator says about how certificates are asked about by OCSP. Plain data; other objects by label. */
export interface OcspObject extends OcspResponderSettings, OcspTimeSettings {
  readonly name: string;
  /** In place of the URLs in the certificates. */
  readonly url?: string;
  readonly hostHeader?: string;
  readonly nonce: 'off' | 'prefer' | 'require';
  readonly certIdHash: 'sha1' | 'sha256';
  /** Name of a certificate of ours that queries are signed with. */
  readonly signerCert?: string;
  readonly tunneling: boolean;
  readonly tunnel?: OcspTunnel;
  readonly dnsResolver: readonly string[];
  /** 0 for any number. */
  readonly concurrentConnectionsLimit: number;
  readonly maxResponseOctets: number;
}

/** Whose signatures are believed. */
export interface OcspResponderSettings {
  readonly verifyOthers: boolean;
  readonly signingCerts: readonly OcspSigningCert[];
  readonly caChain?: string;
  readonly issuerCriteriaCheck: boolean;
  readonly acceptTrustedRoot: boolean;
  /** Labels of roots below which any responder is believed, where the settings take such. */
  readonly trustOcspSigning: readonly string[];
  /** Ask CRLs about a responder that does not say it needs none: only warn, refuse a revoked one, or any without a word. */
  readonly checkResponder: 'warn' | 'crl' | 'strict';
  /** The shortest RSA key whose signatures are taken. */
  readonly minRsaBits: number;
  readonly allowSha1: boolean;
}

/** How long is waited, and how old a result may be. */
export interface OcspTimeSettings {
  readonly timeoutMs: number;
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  readonly rejectMissingNextUpdate: boolean;
  readonly caching: boolean;
  readonly cachingThisUpdateMaxAgeSeconds: number;
  readonly cachingNextUpdateAheadSeconds: number;
  readonly cacheTimeoutSeconds: number | 'indefinite';
  readonly cacheErrorTimeoutSeconds: number;
}

/** What an object has that nobody said anything about. */
export const ocspDefaults: Omit<OcspObject, 'name'> = {
  verifyOthers: true,
  signingCerts: [],
  issuerCriteriaCheck: true,
  acceptTrustedRoot: true,
  trustOcspSigning: [],
  checkResponder: 'warn',
  minRsaBits: 2048,
  allowSha1: false,
  nonce: 'require',
  certIdHash: 'sha1',
  tunneling: false,
  dnsResolver: [],
  concurrentConnectionsLimit: 0,
  maxResponseOctets: 65_536,
  timeoutMs: 200,
  maxAgeSeconds: -1,
  clockSkewSeconds: 300,
  rejectMissingNextUpdate: false,
  caching: true,
  cachingThisUpdateMaxAgeSeconds: -1,
  cachingNextUpdateAheadSeconds: -1,
  cacheTimeoutSeconds: 'indefinite',
  cacheErrorTimeoutSeconds: 30,
};

/** What `profile rfc6960` sets: both ways to responders that RFC 6960 section 4.2.2.2 refuses are closed. */
export const rfc6960Profile: Pick<OcspObject, 'issuerCriteriaCheck' | 'acceptTrustedRoot'> = {
  issuerCriteriaCheck: true,
  acceptTrustedRoot: false,
};

/** Fill in an object: its name has to be said, and mostly whom it believes. */
export function ocspObject(given: Partial<OcspObject> & Pick<OcspObject, 'name'>): OcspObject {
  return { ...ocspDefaults, ...given };
}
