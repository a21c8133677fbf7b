import type { PKIMessage } from '../message/pki-message.ts';
import type { RevRepContent } from '../message/revocation-content.ts';
import { limitStatus } from '../message/status-text.ts';
import { sameName } from '../../x509/name.ts';
import { askedIn, type RequestBody } from './request.ts';
import { saidIn } from './said.ts';
import { invalid, type Step } from './step.ts';

/**
 * Take an rp: one PKIStatusInfo, about the certificate that was named (RFC 9483 section 4.2). A certificate that
 * was revoked before is a rejection with certRevoked: what that is worth depends on its expiry.
 */
export function receiveRevocation(
  request: RequestBody,
  { status: statuses, revCerts }: RevRepContent,
  message: PKIMessage,
): Step {
  const [status] = statuses;
  // L9: exactly one.
  if (!status || statuses.length !== 1) {
    throw invalid('rp', `it has ${statuses.length} statuses, expected 1`);
  }
  const { issuer, serialNumber } = askedIn(request);
  for (const revoked of revCerts ?? []) {
    const isOther =
      revoked.serialNumber !== serialNumber ||
      revoked.issuer.type !== 'directoryName' ||
      !issuer ||
      !sameName(revoked.issuer.value, issuer);
    if (isOther) throw invalid('rp', 'revCerts names a certificate that was not asked about');
  }
  if (status.failInfo && status.status !== 'rejection') {
    throw invalid('rp', `status is ${status.status}, but failInfo is in it`);
  }
  switch (status.status) {
    case 'accepted':
    case 'grantedWithMods':
      return { type: 'done', outcome: { type: 'revoked', status: limitStatus(status) } };
    case 'rejection': {
      const outcome = { type: 'rejected', status: limitStatus(status), details: [] } as const;
      return { type: 'done', outcome: { ...outcome, said: saidIn(message) } };
    }
    default:
      throw invalid('rp', `status is ${status.status}`);
  }
}
