import type { Conversation, SavedStep } from '../cmp/client/conversation.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import type { Credential } from '../cmp/protection/credential.ts';
import { CertError } from '../base/errors.ts';
import { sealedPartOf } from '../cmp/transaction/sealed-answer.ts';
import { askedIn } from '../cmp/transaction/request.ts';
import { encodeState, type Phase } from '../cmp/transaction/state.ts';
import type { Transport } from '../cmp/transport/transport.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { CrlRecord } from '../store/crls-contract.ts';
import type { TransactionChange } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { nullDn } from '../x509/name.ts';
import { parseName } from '../x509/name-text.ts';
import { trustOf } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import { openStoredKey } from './held-key.ts';
import { judgeGeneratedKey } from './judge-generated-key.ts';
import { judgeCertificate } from './judge-certificate.ts';
import type { Renewal } from './renewal-time.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What is particular to one transaction. */
export interface ConversationParts {
  readonly name: string;
  readonly profile: CaProfile;
  readonly credential: Credential;
  readonly transport: Transport;
  readonly save: Conversation['save'];
  /** Of the CAs of the profile: whoever is on them vouches for nothing. */
  readonly crls?: readonly CrlRecord[];
  /** The local CA store: what lies between the certificate and an anchor, where the answer leaves it out. */
  readonly issuers?: readonly Certificate[];
  /** The key the request is for, once it is stored. */
  readonly keyId?: number | undefined;
  /** When the certificate will be renewed; as a first one of the name without it. */
  readonly renewal?: Renewal;
}

/** Join CA profile, credential and context into what the client works with. */
export function openConversation(
  context: LifecycleContext,
  {
    name,
    profile,
    credential,
    transport,
    save,
    keyId,
    crls,
    issuers = [],
    renewal,
  }: ConversationParts,
): Conversation {
  const { clock, random, keys, log } = context;
  const trust = trustOf(profile, crls);
  const roots = profile.roots.map((der) => storedCertificate(der, `CA "${profile.label}"`));
  return {
    name,
    ca: profile.label,
    transport,
    credential,
    trust,
    clock,
    random,
    recipient: recipientOf(profile, credential),
    // H16: unless the profile wants to confirm.
    askImplicitConfirm: profile.implicitConfirm,
    tolerance: profile,
    timeToleranceSeconds: profile.timeToleranceSeconds,
    minPollSeconds: profile.minPollSeconds,
    pending: [],
    remark: (text) => log.warn(`${text} ("${name}", CA "${profile.label}")`),
    keys: {
      provider: keys,
      async own() {
        if (keyId !== undefined) return openStoredKey(context, keyId);
        throw new CertError('KEY_UNUSABLE', `Cannot decrypt for "${name}": its key is not here`);
      },
    },
    judge: (issued, { request, signerCerts, clockOffsetMs }) =>
      judgeGeneratedKey(
        issued,
        {
          anchors: [...roots, ...trust.anchors],
          intermediates: trust.intermediates,
          policy: trust,
        },
        clock.now(),
      ) ??
      judgeCertificate(issued, askedIn(request), {
        roots,
        intermediates: [...trust.intermediates, ...issuers],
        // C6: only by setting, and only under a MAC.
        trustCapubs: profile.trustCapubs && credential.type === 'mac',
        allowLegacy: profile.allowLegacyAlgorithms,
        at: clock.now(),
        // A CA that has said by badTime how far its clock is ahead dates its certificates by it.
        timeToleranceSeconds: profile.timeToleranceSeconds + aheadSeconds(clockOffsetMs),
        // The next update would ask for the names of this certificate, whoever they belong to.
        mayRename: request.type !== 'kur',
        renewal: renewal ?? { which: { name, version: 1 } },
        mayOnlyEncrypt: sealedPartOf(request) === 'encryptedCert',
        // C7: only by setting, and only of the first answer.
        firstUse: profile.trustFirstUse && request.type === 'ir',
        signerCerts,
      }),
    save,
  };
}

/**
 * As far as a clock is off that was set by a wrong time zone: UTC+14 is the last one. Who of the two is wrong nobody
 * knows, and services refuse what is not valid by the clock here: for longer than that, the certificate in force serves
 * better. It is refused, and asked for again daily.
 */
const MOST_AHEAD_SECONDS = 14 * 3600;

/** By how much what a CA has said of its clock puts off the beginning of its certificates. */
function aheadSeconds(clockOffsetMs: number): number {
  // C5: the CA decides what it says the time is, and not what a certificate's validity is judged by.
  return Math.min(Math.max(0, clockOffsetMs) / 1000, MOST_AHEAD_SECONDS);
}

/** Put a step into the form the store keeps it in. */
export function toChange(saved: SavedStep, polls: number): TransactionChange {
  const { state, outgoing, staged, text } = saved;
  const { phase } = state;
  return {
    phase: phase.type,
    state: encodeState(state),
    deadline: state.deadline,
    ...(outgoing && { outgoing }),
    ...(phase.type === 'waiting' && {
      nextAt: phase.value.notBefore,
      ...(phase.value.since && { waitingSince: phase.value.since }),
    }),
    ...(staged && {
      staged: {
        der: certificateDer(staged.certificate),
        chain: staged.chain.map(certificateDer),
        ...(staged.key && { key: { spki: staged.key.key.spki, pkcs8: staged.key.pkcs8 } }),
      },
    }),
    ...(text !== undefined && { text }),
    polls: polls + (phase.type === 'polled' ? 1 : 0),
  };
}

/** Name the body a stored message has, for showing what is being sent. */
export function bodyOf(outgoing: Uint8Array): string {
  return decodeMessage(outgoing).body.type;
}

/** Tell whether a phase has a message out that nobody answered yet. */
export function isUnanswered(phase: Phase): boolean {
  return phase.type !== 'waiting' && phase.type !== 'granted';
}

/** RFC 9483 section 3.1: the name configured, else the issuer of the certificate in use, else the NULL-DN. */
function recipientOf({ recipient }: CaProfile, credential: Credential): GeneralName {
  // H4: some CAs choose the issuing CA by it.
  const name =
    recipient !== undefined
      ? parseName(recipient)
      : credential.type === 'signature'
        ? credential.certificate.tbsCertificate.issuer
        : nullDn;
  return { type: 'directoryName', value: name };
}
