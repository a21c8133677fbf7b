import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Extensions } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { NonceRule, OcspExpectation } from './ocsp-rules.ts';
import { unavailable, type Unavailable } from './verdict.ts';

/** Longest nonce that is read, RFC 9654 section 2.1. */
const MAX_NONCE_OCTETS = 128;

/**
 * Compare the nonce of a response with the one that was sent (RFC 9654): replays are refused. A response that was
 * stapled answers no request of ours, and with `require` does not count.
 *
 * @returns undefined when it is as the rule says
 */
export function nonceFlaw(
  extensions: Extensions | undefined,
  rule: NonceRule,
  origin: OcspExpectation['origin'],
): Unavailable | undefined {
  if (rule === 'off') return undefined;
  const sent = origin.type === 'query' ? origin.nonce : undefined;
  if (!sent) {
    if (rule === 'prefer') return undefined;
    return unavailable(
      'nonce-missing',
      origin.type === 'staple'
        ? 'a stapled response answers no nonce of ours, and nonce is "require"'
        : 'no nonce was sent, and nonce is "require"',
    );
  }
  const received = nonceIn(extensions);
  if (received === undefined) {
    return rule === 'prefer'
      ? undefined
      : unavailable(
          'nonce-missing',
          'the response has no nonce: its responder may serve responses made beforehand (RFC 5019), which need nonce "prefer" or "off"',
        );
  }
  return received !== 'malformed' && bytesEqual(received, sent)
    ? undefined
    : unavailable('nonce-mismatch', 'the nonce of the response is not the one that was sent');
}

function nonceIn(extensions: Extensions | undefined): Uint8Array | 'malformed' | undefined {
  try {
    const nonce = extensionValue(extensions, 'ocspNonce', 'strictly');
    if (nonce === undefined) return undefined;
    return nonce.length >= 1 && nonce.length <= MAX_NONCE_OCTETS ? nonce : 'malformed';
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return 'malformed';
    throw error;
  }
}
