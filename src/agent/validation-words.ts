import { formatTime } from '../base/format-time.ts';
import { printable } from '../base/printable.ts';
import { withoutUserinfo } from '../retrieval/url.ts';
import type { ValidationEvent } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';

/** What there is to say of an event. */
export interface EventWords {
  /** What it is about: of the same, it is said once in a while. */
  readonly key: string;
  /** For the log: lower case, no period. */
  text(): string;
}

/** Say an event of judging peers in words; undefined where counting it is enough. Nothing is worded before it is asked for. */
export function wordsOf(event: ValidationEvent): EventWords | undefined {
  switch (event.type) {
    case 'peer-revoked': {
      const { certificate, revoked } = event;
      const { serialNumber } = certificate.tbsCertificate;
      return {
        // Two CAs may have given the same number; then the hour of one is that of the other.
        key: `peer-revoked ${serialNumber}`,
        text: () =>
          `a peer has a certificate that is revoked (${revoked.reason}): ${who(certificate)}`,
      };
    }
    case 'own-certificate-revoked': {
      const { name, reason } = event;
      return {
        key: `own ${name} ${reason}`,
        text: () => `certificate "${name}" is revoked (${reason}), as whoever issued it says`,
      };
    }
    case 'responder-unauthorized': {
      const { url } = event;
      const what =
        url === '' ? 'an OCSP response that a peer stapled' : `what ${place(url)} answers`;
      return {
        key: `responder ${url}`,
        text: () => `${what} is signed by somebody who may not speak for the CA`,
      };
    }
    case 'crl-rollback':
      return {
        key: `rollback ${event.url}`,
        text: () => `the CRL of ${event.issuer} at ${place(event.url)} is older than the one held`,
      };
    case 'crl-expired':
      return {
        key: `expired ${event.url}`,
        text: () =>
          `the CRL of ${event.issuer} from ${place(event.url)} has expired, and there is no newer one`,
      };
    case 'crl-suspect':
      return {
        key: `suspect ${event.code}`,
        text: () =>
          `a peer was accepted without a word on it, and there is a CRL nobody can believe: ${event.detail}`,
      };
    case 'crl-form':
      return {
        key: `form ${event.url}`,
        text: () => `the CRL at ${place(event.url)} is written as ${event.form.toUpperCase()}`,
      };
    case 'clock-suspect':
      return {
        key: 'clock',
        text: () =>
          `the clock cannot be right: ${byWhat(event.policy)} has a CRL, or a response, of ${formatTime(event.thisUpdate)}`,
      };
    case 'judged':
      return wordsOfAcceptance(event);
    case 'ocsp-query':
    case 'ocsp-cache':
    case 'fallback-to-crl':
    case 'crl-fetch':
    case 'crl-hit':
      return undefined;
  }
}

/** What an operator has to know of: the others are of what a responder forgot to say. */
const told: ReadonlySet<string> = new Set([
  'accepted-without-revocation',
  'accepted-with-expired-crl',
  'accepted-against-ocsp',
  'rfc6960-nonconforming',
]);

function wordsOfAcceptance({
  policy,
  verdict: { warnings, path },
}: Extract<ValidationEvent, { readonly type: 'judged' }>): EventWords | undefined {
  const warning = warnings.find(({ code }) => told.has(code));
  if (warning === undefined) return undefined;
  const [certificate] = path;
  return {
    key: `${warning.code} ${policy}`,
    text: () => {
      const whose = certificate ? `, ${who(certificate)}` : '';
      return `${byWhat(policy)} has a peer${whose}: ${warning.detail} (${warning.code})`;
    },
  };
}

/** An IPsec peer without a policy is one by itself; names of policies have no spaces. */
function byWhat(policy: string): string {
  return policy.includes(' ') ? policy : `policy "${policy}"`;
}

function who({ tbsCertificate: { subject, issuer, serialNumber } }: Certificate): string {
  return `${quoteName(subject)}, number ${serialNumber.toString(16)} of ${quoteName(issuer)}`;
}

function place(url: string): string {
  return `"${printable(withoutUserinfo(url))}"`;
}
