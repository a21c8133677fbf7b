/**
 * Every object identifier certkeeper knows, by the name its RFC gives it. The only place where a dotted
 * OID is written.
 */
export const oids = {
  // Attribute types of names: X.520, RFC 4519, RFC 4524, PKCS #9
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  countryName: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  initials: '2.5.4.43',
  generationQualifier: '2.5.4.44',
  dnQualifier: '2.5.4.46',
  pseudonym: '2.5.4.65',
  organizationIdentifier: '2.5.4.97',
  userId: '0.9.2342.19200300.100.1.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',

  // Extensions: RFC 5280, RFC 6960, RFC 7633
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  anyPolicy: '2.5.29.32.0',
  cps: '1.3.6.1.5.5.7.2.1',
  unotice: '1.3.6.1.5.5.7.2.2',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  anyExtendedKeyUsage: '2.5.29.37.0',
  freshestCRL: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  ocsp: '1.3.6.1.5.5.7.48.1',
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspCrlReferences: '1.3.6.1.5.5.7.48.1.3',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspArchiveCutoff: '1.3.6.1.5.5.7.48.1.6',
  ocspExtendedRevoke: '1.3.6.1.5.5.7.48.1.9',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  extensionRequest: '1.2.840.113549.1.9.14',

  // Other names: RFC 9598
  smtpUTF8Mailbox: '1.3.6.1.5.5.7.8.9',

  // Extended key usages: RFC 5280, RFC 9810 section 4.5
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  ipsecIKE: '1.3.6.1.5.5.7.3.17',
  cmcCA: '1.3.6.1.5.5.7.3.27',
  cmcRA: '1.3.6.1.5.5.7.3.28',
  cmKGA: '1.3.6.1.5.5.7.3.32',

  // Public keys and signatures: RFC 3279, 4055, 5480, 5758, 8410, 8692
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha1WithRSAEncryption: '1.2.840.113549.1.1.5',
  mgf1: '1.2.840.113549.1.1.8',
  rsassaPss: '1.2.840.113549.1.1.10',
  sha256WithRSAEncryption: '1.2.840.113549.1.1.11',
  sha384WithRSAEncryption: '1.2.840.113549.1.1.12',
  sha512WithRSAEncryption: '1.2.840.113549.1.1.13',
  sha224WithRSAEncryption: '1.2.840.113549.1.1.14',
  dsa: '1.2.840.10040.4.1',
  dsaWithSHA1: '1.2.840.10040.4.3',
  dsaWithSHA256: '2.16.840.1.101.3.4.3.2',
  ecPublicKey: '1.2.840.10045.2.1',
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  ecdsaWithSHA1: '1.2.840.10045.4.1',
  ecdsaWithSHA224: '1.2.840.10045.4.3.1',
  ecdsaWithSHA256: '1.2.840.10045.4.3.2',
  ecdsaWithSHA384: '1.2.840.10045.4.3.3',
  ecdsaWithSHA512: '1.2.840.10045.4.3.4',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  rsassaPssShake128: '1.3.6.1.5.5.7.6.30',
  rsassaPssShake256: '1.3.6.1.5.5.7.6.31',
  ecdsaWithShake128: '1.3.6.1.5.5.7.6.32',
  ecdsaWithShake256: '1.3.6.1.5.5.7.6.33',

  // Digests and MACs: RFC 8017, 8018, 9045, 9481
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  sha224: '2.16.840.1.101.3.4.2.4',
  shake256: '2.16.840.1.101.3.4.2.12',
  hmacSHA1: '1.3.6.1.5.5.8.1.2',
  hmacWithSHA1: '1.2.840.113549.2.7',
  hmacWithSHA256: '1.2.840.113549.2.9',
  hmacWithSHA384: '1.2.840.113549.2.10',
  hmacWithSHA512: '1.2.840.113549.2.11',
  passwordBasedMac: '1.2.840.113533.7.66.13',
  dhBasedMac: '1.2.840.113533.7.66.30',
  kemBasedMac: '1.2.840.113533.7.66.16',
  pbmac1: '1.2.840.113549.1.5.14',
  pbkdf2: '1.2.840.113549.1.5.12',

  // Encryption under a password, and PKCS #12: RFC 7292, 8018
  pbes2: '1.2.840.113549.1.5.13',
  pbeWithSHAAnd3KeyTripleDesCbc: '1.2.840.113549.1.12.1.3',
  pbeWithSHAAnd2KeyTripleDesCbc: '1.2.840.113549.1.12.1.4',
  pbeWithSHAAnd128BitRC2Cbc: '1.2.840.113549.1.12.1.5',
  pbeWithSHAAnd40BitRC2Cbc: '1.2.840.113549.1.12.1.6',
  desEDE3Cbc: '1.2.840.113549.3.7',
  encryptedData: '1.2.840.113549.1.7.6',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',

  // CRMF controls: RFC 4211 section 6, RFC 9810 sections 5.2.1 and 5.3.19.16
  regToken: '1.3.6.1.5.5.7.5.1.1',
  authenticator: '1.3.6.1.5.5.7.5.1.2',
  pkiPublicationInfo: '1.3.6.1.5.5.7.5.1.3',
  pkiArchiveOptions: '1.3.6.1.5.5.7.5.1.4',
  oldCertID: '1.3.6.1.5.5.7.5.1.5',
  protocolEncrKey: '1.3.6.1.5.5.7.5.1.6',
  altCertTemplate: '1.3.6.1.5.5.7.5.1.7',
  algId: '1.3.6.1.5.5.7.5.1.11',
  rsaKeyLen: '1.3.6.1.5.5.7.5.1.12',

  // CMP information types: RFC 9810 section 5.3.19
  caProtEncCert: '1.3.6.1.5.5.7.4.1',
  signKeyPairTypes: '1.3.6.1.5.5.7.4.2',
  encKeyPairTypes: '1.3.6.1.5.5.7.4.3',
  preferredSymmAlg: '1.3.6.1.5.5.7.4.4',
  caKeyUpdateInfo: '1.3.6.1.5.5.7.4.5',
  currentCRL: '1.3.6.1.5.5.7.4.6',
  unsupportedOIDs: '1.3.6.1.5.5.7.4.7',
  keyPairParamReq: '1.3.6.1.5.5.7.4.10',
  keyPairParamRep: '1.3.6.1.5.5.7.4.11',
  revPassphrase: '1.3.6.1.5.5.7.4.12',
  implicitConfirm: '1.3.6.1.5.5.7.4.13',
  confirmWaitTime: '1.3.6.1.5.5.7.4.14',
  origPKIMessage: '1.3.6.1.5.5.7.4.15',
  suppLangTags: '1.3.6.1.5.5.7.4.16',
  caCerts: '1.3.6.1.5.5.7.4.17',
  rootCaKeyUpdate: '1.3.6.1.5.5.7.4.18',
  certReqTemplate: '1.3.6.1.5.5.7.4.19',
  rootCaCert: '1.3.6.1.5.5.7.4.20',
  certProfile: '1.3.6.1.5.5.7.4.21',
  crlStatusList: '1.3.6.1.5.5.7.4.22',
  crls: '1.3.6.1.5.5.7.4.23',

  // CMS: RFC 5652, 5958, 3565, 8017, 3211, 5753
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  ctKPaKeyPackage: '2.16.840.1.101.2.1.2.78.5',
  aes128CBC: '2.16.840.1.101.3.4.1.2',
  aes192CBC: '2.16.840.1.101.3.4.1.22',
  aes256CBC: '2.16.840.1.101.3.4.1.42',
  aes128Wrap: '2.16.840.1.101.3.4.1.5',
  aes192Wrap: '2.16.840.1.101.3.4.1.25',
  aes256Wrap: '2.16.840.1.101.3.4.1.45',
  rsaesOaep: '1.2.840.113549.1.1.7',
  pSpecified: '1.2.840.113549.1.1.9',
  pwriKek: '1.2.840.113549.1.9.16.3.9',
  dhSinglePassStdDHSha1kdfScheme: '1.3.133.16.840.63.0.2',
  dhSinglePassStdDHSha224kdfScheme: '1.3.132.1.11.0',
  dhSinglePassStdDHSha256kdfScheme: '1.3.132.1.11.1',
  dhSinglePassStdDHSha384kdfScheme: '1.3.132.1.11.2',
  dhSinglePassStdDHSha512kdfScheme: '1.3.132.1.11.3',
  dhSinglePassCofactorDHSha1kdfScheme: '1.3.133.16.840.63.0.3',
  dhSinglePassCofactorDHSha224kdfScheme: '1.3.132.1.14.0',
  dhSinglePassCofactorDHSha256kdfScheme: '1.3.132.1.14.1',
  dhSinglePassCofactorDHSha384kdfScheme: '1.3.132.1.14.2',
  dhSinglePassCofactorDHSha512kdfScheme: '1.3.132.1.14.3',

  // Management: RFC 2578, NET-SNMP-MIB
  internet: '1.3.6.1',
  enterprises: '1.3.6.1.4.1',
  netSnmpPlaypen: '1.3.6.1.4.1.8072.9999.9999',
} as const;

/** An object identifier in dotted form. */
export type Oid = string;

/** Name of a known object identifier. */
export type OidName = keyof typeof oids;

// The second arc is under 40 below the first two roots (X.660), or two OIDs would share an encoding.
const dotted = /^(?:[01]\.(?:0|[1-9]|[1-3]\d)|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/;

/** Tell whether a text is an object identifier in dotted form, with two arcs at the least. */
export function isOid(text: string): boolean {
  // What the 128 octets a received OID may have come to at the most.
  return text.length <= 520 && dotted.test(text);
}

const names = new Map<Oid, string>(Object.entries(oids).map(([name, oid]) => [oid, name]));

/** Tell whether a text is the name of a known object identifier. */
export function isOidName(text: string): text is OidName {
  return Object.hasOwn(oids, text);
}

/** Name an object identifier as its RFC does, or give it back in dotted form. */
export function oidName(oid: Oid): string {
  return names.get(oid) ?? oid;
}
