/** The lab: an embedded CA and RA for trying things before production. */
export type { Authorities, Authority } from './authority.ts';
export { createLab, DEFAULT_REFERENCE } from './lab.ts';
export { messageDump } from './message-dump.ts';
export type { LabFiles } from './lab-files.ts';
export type { Lab, LabOptions, SeenMessage } from './lab.ts';
export { defaultLabSettings } from './lab-settings.ts';
export type { LabSettings } from './lab-settings.ts';
export type {
  CrlIssuer,
  CrlSeries,
  LabCertificate,
  LabTransaction,
  Revocation,
} from './ledger-records.ts';
export type { OcspHttpAnswer, OcspHttpRequest } from './ocsp-http.ts';
export type { LabResponder, OcspRequestCount } from './ocsp-responder.ts';
export type { Listening } from './server.ts';
