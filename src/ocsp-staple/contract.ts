import type { DeployProbe } from '../store/deployments-contract.ts';
import type {
  HeldStaple,
  ServedStaple,
  StapleEndpoint,
  StaplePublication,
  StaplePublished,
} from '../store/staples-contract.ts';

/**
 * Have an endpoint serve a staple with a certificate, or none any more: `publishStaple` of `deploy/staple-publish.ts`. The
 * same octets again change nothing. Where it fails, what was there before is there still.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export type PublishStaple = (
  endpoint: StapleEndpoint,
  publication: StaplePublication,
  signal?: AbortSignal,
) => Promise<StaplePublished>;

/**
 * Ask an endpoint, by one TLS handshake with status_request, what it serves: `probeStaple` of `deploy/staple-probe.ts`. What
 * goes wrong is an answer, too.
 */
export type ProbeStaple = (probe: DeployProbe, signal?: AbortSignal) => Promise<ServedStaple>;

/** Where TLS servers in a process of ours, and the responder of the agent, find what is to be served. */
export interface StapleSource {
  /**
   * Find the verified response that may be shown for a certificate at this moment.
   *
   * @param certificate SHA-256 of its DER, in lower-case hexadecimal
   * @returns undefined when there is none, or it is to be shown no more
   */
  current(certificate: string): Promise<HeldStaple | undefined>;
}
