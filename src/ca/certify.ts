import {
  hasImplicitConfirm,
  implicitConfirm,
  type InfoTypeAndValue,
} from '../cmp/message/info-type-and-value.ts';
import { info } from '../cmp/message/info-values.ts';
import type { PKIMessage } from '../cmp/message/pki-message.ts';
import { formatName } from '../x509/name-text.ts';
import type { Knowledge, Sender } from './authenticate.ts';
import { checkRequest, responseTypeOf, type Acceptable } from './check-request.ts';
import type { Deciding, Outcome, Work } from './decision.ts';
import { isProvenByConfirming } from './generated-key.ts';
import { grant } from './grant.ts';
import { isRefusal, refusal, refusalOf, statusOf, type Refusal } from './refusal.ts';
import type { RequestBody } from './wanted.ts';

/** Look at a request for a certificate. */
export async function certificationOf(
  message: PKIMessage,
  body: RequestBody,
  sender: Sender,
  lab: Deciding,
): Promise<Work> {
  const checked = await check(body, sender, lab);
  const refuse = (why: Refusal): Outcome => rejection(body, why);
  return {
    subject: isRefusal(checked) ? '' : formatName(checked.subject),
    ...(isRefusal(checked) && { refused: refuse(checked) }),
    fulfil: async () =>
      isRefusal(checked) ? refuse(checked) : await issue(message, body, checked, lab),
    refuse,
  };
}

async function check(
  body: RequestBody,
  sender: Sender,
  lab: Knowledge,
): Promise<Acceptable | Refusal> {
  try {
    const checked = await checkRequest(body, sender, lab);
    return isRefusal(checked) ? checked : (refusedByPolicy(checked, lab) ?? checked);
  } catch (thrown) {
    return refusalOf(thrown);
  }
}

function refusedByPolicy({ subject }: Acceptable, { settings }: Knowledge): Refusal | undefined {
  const { refuse, refuseSubject } = settings;
  if (refuse === undefined && refuseSubject === undefined) return undefined;
  const text = formatName(subject);
  if (refuseSubject !== undefined && !matches(text, refuseSubject)) return undefined;
  return refusal(refuse ?? 'notAuthorized', `The lab is set to refuse "${text}"`);
}

function matches(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'isu').test(text);
}

async function issue(
  { header }: PKIMessage,
  body: RequestBody,
  request: Acceptable,
  lab: Deciding,
): Promise<Outcome> {
  const { settings, clock } = lab;
  const granted = await grant(request, body.type === 'ir', lab);
  if (isRefusal(granted)) return rejection(body, granted);
  const isConfirmed =
    settings.implicitConfirm &&
    hasImplicitConfirm(header.generalInfo) &&
    !isProvenByConfirming(request);
  return {
    body: { type: responseTypeOf(body.type), value: granted.message },
    phase: isConfirmed ? 'closed' : 'confirming',
    generalInfo: isConfirmed
      ? [implicitConfirm]
      : confirmWaitTime(settings.confirmWaitSeconds, clock.now()),
    issued: {
      ...granted.issued,
      transactionID: header.transactionID ?? new Uint8Array(),
      status: isConfirmed ? 'current' : 'issued',
    },
  };
}

/** RFC 9810 section 5.1.1.2: never beside implicitConfirm. */
function confirmWaitTime(seconds: number | undefined, now: Date): readonly InfoTypeAndValue[] {
  if (seconds === undefined) return [];
  return [info('confirmWaitTime', new Date(now.getTime() + seconds * 1000))];
}

function rejection(body: RequestBody, why: Refusal): Outcome {
  const certReqId = certReqIdOf(body);
  return {
    body: {
      type: responseTypeOf(body.type),
      value: { response: [{ certReqId, status: statusOf(why) }] },
    },
    phase: 'closed',
  };
}

/** Tell which certReqId answers to a request have: PKCS #10 has none of its own (RFC 9810 section 5.3.4). */
export function certReqIdOf({ type }: RequestBody): number {
  return type === 'p10cr' ? -1 : 0;
}
