import { endedBy } from '../base/ended-by.ts';
import type { StapleDifference } from '../deploy/staple-compare.ts';
import type { PublishStaple } from '../ocsp-staple/contract.ts';
import type { OcspHttpRequest } from '../revocation/ocsp-query.ts';
import type { DeployProbe } from '../store/deployments-contract.ts';
import type { StaplePublication } from '../store/staples-contract.ts';
import type { OcspSending } from '../validation/ocsp-send.ts';

/** What came back of a query, whatever its status. */
export interface ResponderAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How stapling reaches others. */
export interface StaplePorts {
  /** Ask a responder. @throws {CertError} as `exchangeOcsp`; OutOfTime */
  ask(query: OcspHttpRequest, sending: OcspSending): Promise<ResponderAnswer>;
  readonly publish: PublishStaple;
  /**
   * Look whether an endpoint serves what it was told to, for as long as a reload may take.
   *
   * @returns undefined when it does; else what it does instead
   */
  look(
    probe: DeployProbe,
    expected: Pick<StaplePublication, 'certificate' | 'staple'>,
    signal?: AbortSignal,
  ): Promise<{ readonly type?: StapleDifference['type']; readonly text: string } | undefined>;
}

/** For one responder: resolving, connecting, sending and the whole body. Nobody waits in a handshake for it. */
const TIMEOUT_MS = 10_000;

/**
 * Make what asks responders over the network.
 *
 * @param timeoutMs for one of them, by real time
 */
export function askWithin(timeoutMs: number): StaplePorts['ask'] {
  return async (query, sending) => {
    const { exchangeOcsp } = await import('../validation/ocsp-send.ts');
    const { OutOfTime } = await import('../validation/time-limit.ts');
    const late = AbortSignal.timeout(timeoutMs);
    try {
      return await endedBy(AbortSignal.any([sending.signal, late]), async (signal) =>
        exchangeOcsp(query, { ...sending, signal }),
      );
    } catch (error) {
      if (late.aborted && !sending.signal.aborted) throw new OutOfTime();
      throw error;
    }
  };
}

/** Network, files and services; each is loaded when it is used first. */
export const realStaplePorts: StaplePorts = {
  ask: askWithin(TIMEOUT_MS),
  async publish(endpoint, publication, signal) {
    const { publishStaple } = await import('../deploy/staple-publish.ts');
    return await publishStaple(endpoint, publication, signal);
  },
  async look(probe, expected, signal) {
    const { lookForStaple } = await import('../deploy/staple-probe.ts');
    return await lookForStaple(probe, expected, signal === undefined ? {} : { signal });
  },
};
