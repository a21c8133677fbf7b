import { setTimeout as sleep } from 'node:timers/promises';
import { hostPortText } from '../base/host-port.ts';
import type { DeployProbe } from '../store/deployments-contract.ts';
import type { ServedStaple, StaplePublication } from '../store/staples-contract.ts';
import {
  errorText,
  looksInARow,
  pauseMs,
  reloadPatienceMs,
  shownBy,
  type ProbeOptions,
} from './probe.ts';
import { compareStaple, type StapleDifference } from './staple-compare.ts';

/**
 * Ask an endpoint, by one TLS handshake with status_request (RFC 6066 section 8), what it serves; whether it is to be
 * trusted is not the question. What goes wrong is an answer, too.
 *
 * @throws the reason of `signal`
 */
export async function probeStaple(probe: DeployProbe, signal?: AbortSignal): Promise<ServedStaple> {
  try {
    return { type: 'served', ...(await shownBy(probe, 'staple', signal)) };
  } catch (error) {
    signal?.throwIfAborted();
    return { type: 'failed', text: errorText(error) };
  }
}

/** How an endpoint is looked at. */
export interface LookOptions extends ProbeOptions {
  /** Makes one handshake; that of `probeStaple` when absent. */
  readonly ask?: (probe: DeployProbe, signal?: AbortSignal) => Promise<ServedStaple>;
}

/**
 * Look whether an endpoint serves what was published, for as long as a reload may take: several times in a row, because
 * old and new processes of a server, or several of its workers, take connections side by side.
 *
 * @returns undefined when it does; else what it does instead, with the place named
 * @throws the reason of `signal`
 */
export async function lookForStaple(
  probe: DeployProbe,
  expected: Pick<StaplePublication, 'certificate' | 'staple'>,
  { signal, patienceMs = reloadPatienceMs, ask = probeStaple }: LookOptions = {},
): Promise<StapleDifference | undefined> {
  const deadline = performance.now() + patienceMs;
  for (let inARow = 0; ;) {
    signal?.throwIfAborted();
    const difference = compareStaple(expected, await ask(probe, signal));
    inARow = difference === undefined ? inARow + 1 : 0;
    if (inARow === looksInARow) return undefined;
    if (difference !== undefined && performance.now() > deadline)
      return { type: difference.type, text: `${hostPortText(probe)} ${difference.text}` };
    // Its own error is not the signal's reason, by which callers know Ctrl-C.
    await sleep(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
