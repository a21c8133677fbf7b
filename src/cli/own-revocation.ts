import { formatTime } from '../base/format-time.ts';
import type { OwnRevocation, OwnWord } from '../store/validation-watch-contract.ts';
import type { Json } from './json.ts';
import type { Style } from './render.ts';
import type { Fields } from './certificate-fields.ts';

/** Show what OCSP and CRLs of the policies that name a certificate say of it. */
export function ownFields(own: OwnRevocation | undefined, style: Style): Fields {
  if (own === undefined) return [];
  const { word, failure, checkedAt, nextAt, policy } = own;
  const paint = word === undefined ? style.dim : paints(style)[word.status];
  return [
    ['revocation', word === undefined ? 'no word on it yet' : { text: wordText(word), paint }],
    [
      'looked at',
      `${formatTime(checkedAt)} by policy "${policy}", next at ${formatTime(nextAt)}` +
        (failure === undefined ? '' : `; no word then: ${failure.text} (${failure.code})`),
    ],
  ];
}

function paints({ good, bad, warn }: Style) {
  return { good, revoked: bad, unknown: warn };
}

function wordText({ status, nextUpdate, reason, revokedAt, above }: OwnWord): string {
  const until = nextUpdate === undefined ? '' : `, until ${formatTime(nextUpdate)}`;
  if (status === 'good') return `good${until}`;
  if (status === 'unknown') return `whoever was asked does not know it${until}`;
  const since = revokedAt === undefined ? '' : ` since ${formatTime(revokedAt)}`;
  return `${above === undefined ? 'revoked' : `CA "${above}" above it is revoked`}${since}, ${reason ?? 'unspecified'}`;
}

/** The same for machines. */
export function ownJson(own: OwnRevocation | undefined): Json | undefined {
  if (own === undefined) return undefined;
  const { word, failure, policy } = own;
  return {
    status: word?.status,
    thisUpdate: word && formatTime(word.thisUpdate),
    nextUpdate: word?.nextUpdate && formatTime(word.nextUpdate),
    reason: word?.reason,
    revokedAt: word?.revokedAt && formatTime(word.revokedAt),
    above: word?.above,
    policy,
    checkedAt: formatTime(own.checkedAt),
    nextAt: formatTime(own.nextAt),
    failure: failure && { code: failure.code, text: failure.text },
  };
}
