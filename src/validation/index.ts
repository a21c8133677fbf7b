/**
 * Judging peers: paths, identity and purpose, OCSP and CRLs, by a policy. Make a validator, keep it, and ask it about each
 * peer; whatever a peer sends is a verdict, with reasons of stable codes. docs/validation.md says what is done.
 */
export {
  defaultCrlOctets,
  peerValidator,
  type ValidatorInMemory,
  type ValidatorOfStore,
} from '../agent/peer-validator.ts';
export { certificatesOfPem } from '../x509/certificates-of-pem.ts';
export type { PeerOcsp, PeerPolicy } from '../lifecycle/peer-policy.ts';
export { anchorHashes } from '../revocation/anchor-hashes.ts';
export type { SigningCert } from '../revocation/ocsp-rules.ts';
export type { PeerIdentity } from '../revocation/peer-identity.ts';
export { hostIdentity, parseIdentity } from '../revocation/peer-identity-text.ts';
export type { RevocationVerdict } from '../revocation/verdict.ts';
export { certificateDer, decodeCertificate, type Certificate } from '../x509/certificate.ts';
export { formatName } from '../x509/name-text.ts';
export {
  checkClientCertificate,
  clientsAreJudged,
  type ClientCheckOptions,
} from './check-client-certificate.ts';
export {
  checkServerCertificate,
  serverIsJudged,
  type ServerCheckOptions,
} from './check-server-certificate.ts';
export type {
  CertificateRevocation,
  PeerReason,
  PeerToJudge,
  PeerVerdict,
  RevocationMode,
  SourceTried,
  ValidationEvent,
  ValidationEvents,
} from './contract.ts';
export type { HashAndUrl } from './hash-and-url.ts';
export { peerReport, type PeerReport } from './peer-report.ts';
export type { JudgeOptions, PeerValidator } from './peer-validator.ts';
export type { TlsReason } from './tls-peer.ts';
