/** certkeeper as a library: the same use cases as the command line, over the same store. */
import { compose, type ComposeOptions } from './agent/compose.ts';
import { silentLog, type Log } from './base/log.ts';
import type { LifecycleContext } from './lifecycle/context.ts';
import { enroll, type EnrollRequest } from './lifecycle/enroll.ts';
import { initialize, type InitializeRequest } from './lifecycle/initialize.ts';
import { poll, type PollResult } from './lifecycle/poll.ts';
import type { EnrollmentResult } from './lifecycle/result.ts';
import { update, type UpdateRequest } from './lifecycle/update.ts';
import type { Store } from './store/store.ts';

export { systemClock } from './agent/system-clock.ts';
export { systemRandom } from './agent/system-random.ts';
export { decodePem, encodePem } from './asn1/pem.ts';
export type { Clock } from './base/clock.ts';
export { parseLabel } from './base/label.ts';
export type { Label } from './base/label.ts';
export type { Log } from './base/log.ts';
export type { Random } from './base/random.ts';
export { loadPrivateKeyPem } from './crypto/private-key-pem.ts';
export type { KeyType } from './crypto/key-type.ts';
export type { Wanted } from './lifecycle/certificate-request.ts';
export type { Progress } from './lifecycle/context.ts';
export type { EnrollRequest } from './lifecycle/enroll.ts';
export type { InitialCredential } from './lifecycle/initial-credential.ts';
export type { InitializeRequest } from './lifecycle/initialize.ts';
export type { KeyChoice } from './lifecycle/key-choice.ts';
export type { PollResult } from './lifecycle/poll.ts';
export type { EnrollmentResult } from './lifecycle/result.ts';
export type { UpdateRequest } from './lifecycle/update.ts';
export { caProfile } from './settings/ca-profile-defaults.ts';
export type { CaProfile, PbmSettings } from './settings/ca-profile.ts';
export type { CertificateRecord, Store } from './store/store.ts';
export { certificateDer, decodeCertificate } from './x509/certificate.ts';
export { parseGeneralName } from './x509/general-name-text.ts';
export { formatName, parseName } from './x509/name-text.ts';

/** Where a keeper lives, and who is told what it does. */
export interface CertkeeperOptions extends Omit<ComposeOptions, 'log'> {
  readonly log?: Log;
  /** Told what a use case waits for. */
  readonly progress?: LifecycleContext['progress'];
  /** Aborts whatever waits; transactions stay outstanding as they were stored last. */
  readonly signal?: AbortSignal;
}

/** The use cases over one open store. What breaks is thrown as a `CertError`. */
export interface Certkeeper {
  readonly store: Store;
  initialize(request: InitializeRequest): Promise<EnrollmentResult>;
  enroll(request: EnrollRequest): Promise<EnrollmentResult>;
  update(request: UpdateRequest): Promise<EnrollmentResult>;
  poll(request: Parameters<typeof poll>[1]): Promise<PollResult>;
  close(): Promise<void>;
}

/**
 * Open a keeper over a state directory; one that does not exist is made, 0700.
 *
 * @throws {CertError} whatever keeps the store from being opened
 */
export async function openCertkeeper(options: CertkeeperOptions): Promise<Certkeeper> {
  const { progress, signal, log = silentLog, ...others } = options;
  const services = await compose({ ...others, log });
  const context: LifecycleContext = {
    ...services,
    ...(progress && { progress }),
    ...(signal && { signal }),
  };
  return {
    store: services.store,
    initialize: (request) => initialize(context, request),
    enroll: (request) => enroll(context, request),
    update: (request) => update(context, request),
    poll: (request) => poll(context, request),
    close: () => services.close(),
  };
}
