import { cut, printable } from '../../base/printable.ts';
import type { PKIBody } from './pki-message.ts';
import type { PKIFreeText, PKIStatusInfo } from './pki-status-info.ts';

/**
 * Characters of a text whose sender nobody vouches for: enough for the sentence of a CA that does not
 * protect its errors, too few to fill a screen or a store with.
 */
export const MAX_UNVERIFIED_TEXT = 1024;

/** Characters of a text the CA protected: "in full", as far as anybody reads. */
export const MAX_VERIFIED_TEXT = 16_384;

const MAX_TEXTS = 20;

/** Keep of the texts of a CA what a person reads, and say how much is missing. */
export function limitTexts(
  texts: PKIFreeText,
  maxCharacters: number = MAX_VERIFIED_TEXT,
): readonly string[] {
  const kept: string[] = [];
  let left = maxCharacters;
  for (const text of texts.slice(0, MAX_TEXTS)) {
    if (left <= 0) break;
    kept.push(cut(text, left));
    left -= text.length;
  }
  const more = texts.length - kept.length;
  return more > 0 ? [...kept, `… (${more} more texts)`] : kept;
}

/** A status whose texts are no longer than anybody reads: what is kept of a status, and handed on. */
export function limitStatus(info: PKIStatusInfo): PKIStatusInfo {
  const { statusString } = info;
  return statusString ? { ...info, statusString: limitTexts(statusString) } : info;
}

/** Put texts of a CA on one line, with nothing in it that a terminal would obey. */
export function formatTexts(texts: PKIFreeText, maxCharacters: number = MAX_VERIFIED_TEXT): string {
  const shown = limitTexts(texts, maxCharacters).map(printable).join('; ');
  return cut(shown, maxCharacters);
}

/** Put a PKIStatusInfo into words: status, failure bits, and the CA's own text. */
export function formatStatus(
  { status, failInfo, statusString }: PKIStatusInfo,
  maxCharacters: number = MAX_VERIFIED_TEXT,
): string {
  const bits = failInfo && failInfo.length > 0 ? ` (${failInfo.join(', ')})` : '';
  const text = statusString ? `: ${formatTexts(statusString, maxCharacters)}` : '';
  return `${status}${bits}${text}`;
}

/**
 * Put the status a body carries into words; empty when it carries none.
 *
 * @param maxCharacters `MAX_VERIFIED_TEXT` for a message that is verified
 */
export function statusTextOf(body: PKIBody, maxCharacters: number = MAX_UNVERIFIED_TEXT): string {
  switch (body.type) {
    case 'error': {
      const { pKIStatusInfo, errorDetails } = body.value;
      const details = errorDetails && formatTexts(errorDetails, maxCharacters);
      const status = formatStatus(pKIStatusInfo, maxCharacters);
      return cut(status + (details ? ` [${details}]` : ''), maxCharacters);
    }
    case 'ip':
    case 'cp':
    case 'kup':
      return formatStatuses(
        body.value.response.map(({ status }) => status),
        maxCharacters,
      );
    case 'rp':
      return formatStatuses(body.value.status, maxCharacters);
    default:
      return '';
  }
}

function formatStatuses(statuses: readonly PKIStatusInfo[], maxCharacters: number): string {
  const shown = statuses.slice(0, MAX_TEXTS).map((status) => formatStatus(status, maxCharacters));
  return cut(shown.join('; '), maxCharacters);
}

/** Find the PKIStatusInfo of a body that carries one. */
export function statusInfoOf(body: PKIBody): PKIStatusInfo | undefined {
  switch (body.type) {
    case 'error':
      return body.value.pKIStatusInfo;
    case 'ip':
    case 'cp':
    case 'kup':
      return body.value.response[0]?.status;
    case 'rp':
      return body.value.status[0];
    default:
      return undefined;
  }
}
