import { askAgent } from '../agent/control-client.ts';
import type { ControlArguments } from '../agent/control-protocol.ts';
import { CertError } from '../base/errors.ts';
import type { PeerReport } from '../validation/peer-report.ts';
import { readPeerReport } from './read-peer-report.ts';

/** A peer, or a certificate of ours, to be judged by the agent. */
export interface VerifyByAgent {
  readonly policy: string;
  /** DER, the peer's own first; or the name of a certificate of ours. */
  readonly of: readonly Uint8Array[] | string;
  /** As it was typed. */
  readonly identity?: string;
  readonly staple?: Uint8Array;
}

/**
 * Have the agent judge that listens on a socket.
 *
 * @throws {CertError} what it says went wrong; CONFIG_INVALID when nobody listens there
 */
export async function verifyOnlyBy(path: string, question: VerifyByAgent): Promise<PeerReport> {
  const answer = await askAgent(path, 'validate', { words: wordsOf(question) });
  if (answer === undefined) {
    throw new CertError('CONFIG_INVALID', `Cannot ask the agent: none listens on "${path}"`, {
      hint: 'It is there while "agent run" with "group" and this "socket" runs',
    });
  }
  const report = readPeerReport(answer);
  if (report) return report;
  throw new CertError('INTERNAL', `Cannot read the verdict of the agent on "${path}"`, {
    hint: 'Another version of certkeeper may run: systemctl restart certkeeper',
  });
}

/**
 * Have a running agent judge, which remembers what responders and CRLs said; whatever is in the way of that, there is
 * another way.
 *
 * @returns undefined when there is no verdict from it
 */
export async function verifyBy(
  path: string,
  question: VerifyByAgent,
): Promise<PeerReport | undefined> {
  try {
    return await verifyOnlyBy(path, question);
  } catch (error) {
    // What is wrong with the question is found again, and said, by whoever answers it in its place.
    if (error instanceof CertError) return undefined;
    throw error;
  }
}

function wordsOf({ policy, of, identity, staple }: VerifyByAgent): ControlArguments {
  return {
    policy,
    ...(typeof of === 'string' ? { certName: of } : { chain: of.map(base64) }),
    ...(identity !== undefined && { identity }),
    ...(staple && { staple: base64(staple) }),
  };
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
