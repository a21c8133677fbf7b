import { CertError, errorClassOf } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { decodeMessage, type PKIMessage } from '../cmp/message/pki-message.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { Transport } from '../cmp/transport/transport.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Credential } from '../store/store.ts';
import { ask } from './ask.ts';
import { findProfile } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import { questionFor } from './info.ts';
import { initialCredential, type InitialCredential } from './initial-credential.ts';

/** What to find out about a CA. */
export interface ProbeRequest {
  readonly ca?: Label;
  readonly url?: string;
  readonly credential: InitialCredential;
  /** Ask the first question only: whether it answers at all. */
  readonly isBrief?: true;
}

/** One thing found out. */
export interface Finding {
  readonly what: string;
  readonly result: 'yes' | 'no' | 'unknown';
  /** Lower case, no final period. */
  readonly detail: string;
}

/** What was found out about a CA. */
export interface ProbeResult {
  readonly ca: Label;
  readonly findings: readonly Finding[];
  /** How far its clock is ahead of ours, by what its first answer says. */
  readonly clockAheadSeconds?: number;
}

/** Everything a CA may be asked for without consequences. */
const questions: readonly Oid[] = [
  oids.caCerts,
  oids.rootCaCert,
  oids.certReqTemplate,
  oids.currentCRL,
  oids.crlStatusList,
  oids.signKeyPairTypes,
  oids.encKeyPairTypes,
];

/**
 * Find out what a CA can do by asking it questions that change nothing: `ca probe`. Nothing it says is kept.
 *
 * @throws {CertError} CA_UNKNOWN, SECRET_UNAVAILABLE, CERT_UNKNOWN, and whatever keeps the first question from being
 *   answered at all
 */
export async function probe(
  context: LifecycleContext,
  request: ProbeRequest,
): Promise<ProbeResult> {
  const profile = await findProfile(context.store, request.ca);
  const credential = await initialCredential(context, profile, request.credential);
  const heard: Heard[] = [];
  const listening: LifecycleContext = {
    ...context,
    // Questions that nobody asked for the answer of would push everything else out of the history.
    store: { ...context.store, history: { ...context.store.history, record: async () => {} } },
    connect: (url, settings) => overhear(context, context.connect(url, settings), heard),
  };
  const put = async (infoType: Oid, changes: Partial<CaProfile> = {}): Promise<Finding> => {
    const item = await questionFor(context, profile, infoType);
    return tryQuestion(listening, { ...profile, ...changes }, request.url, credential, item);
  };

  const findings: Finding[] = [];
  // Before the first answer on first use nothing is here that a CRL could be of.
  const canAsk = (infoType: Oid) => infoType !== oids.crlStatusList || profile.roots.length > 0;
  const asked = questions.filter(canAsk).slice(0, request.isBrief ? 1 : undefined);
  for (const infoType of asked) findings.push(await put(infoType));
  const known = asked.find((_, i) => findings[i]?.result === 'yes') ?? oids.caCerts;
  const [first] = heard;
  if (request.isBrief) return resultOf(profile, findings, first);
  if (credential.type === 'mac') {
    const pbmac1 = answered(await put(known, { protection: 'pbmac1' }));
    const isPreferred = pbmac1.result === 'yes' && profile.protection === 'pbm';
    findings.push({
      ...pbmac1,
      what: 'protection pbmac1',
      ...(isPreferred && { detail: 'RFC 9481 prefers it: set "protection pbmac1" with ca add' }),
    });
  }
  findings.push({ ...answered(await put(known, { pvno: 3 })), what: 'pvno 3' });
  if (first) findings.push(protectionOf(first.message));
  return resultOf(profile, findings, first);
}

function resultOf(
  { label }: CaProfile,
  findings: readonly Finding[],
  first: Heard | undefined,
): ProbeResult {
  const { messageTime } = first?.message.header ?? {};
  const aheadMs = first && messageTime && messageTime.getTime() - first.at.getTime();
  return {
    ca: label,
    findings,
    ...(aheadMs !== undefined && { clockAheadSeconds: Math.round(aheadMs / 1000) }),
  };
}

/** How a question was put is what is found here, not what is known of what was asked. */
function answered(finding: Finding): Finding {
  return finding.result === 'yes' ? { ...finding, detail: 'it answers such messages' } : finding;
}

async function tryQuestion(
  context: LifecycleContext,
  profile: CaProfile,
  url: string | undefined,
  credential: Credential,
  item: InfoTypeAndValue,
): Promise<Finding> {
  const what = oidName(item.infoType);
  try {
    const answer = await ask(context, { profile, url, credential, item, waitSeconds: 0 });
    switch (answer.type) {
      case 'waiting':
        return { what, result: 'unknown', detail: 'it says waiting' };
      case 'rejected':
        return { what, result: 'no', detail: formatStatus(answer.status, 200) };
      case 'informed':
        return answer.item.infoType === oids.unsupportedOIDs
          ? { what, result: 'no', detail: 'it says that it does not know it' }
          : {
              what,
              result: 'yes',
              detail: answer.item.infoValue ? 'it has one' : 'it has none now',
            };
    }
  } catch (error) {
    const errorClass = error instanceof CertError ? errorClassOf[error.code] : undefined;
    // Whoever cannot be reached at all has not been probed.
    if (!(error instanceof CertError) || errorClass === undefined || errorClass === 'transport') {
      throw error;
    }
    return { what, result: 'unknown', detail: `${error.code}: ${error.message}` };
  }
}

interface Heard {
  readonly message: PKIMessage;
  readonly at: Date;
}

/** Listen in on the answers: what they are protected with is not said by what they mean. */
function overhear({ clock }: LifecycleContext, transport: Transport, heard: Heard[]): Transport {
  return {
    async exchange(der, signal) {
      const answer = await transport.exchange(der, signal);
      try {
        heard.push({ message: decodeMessage(answer), at: clock.now() });
      } catch {
        // Whoever asked is told what is wrong with it.
      }
      return answer;
    },
    close: () => transport.close(),
  };
}

function protectionOf({ header, body }: PKIMessage): Finding {
  const what = 'protected answers';
  const { protectionAlg, pvno } = header;
  return protectionAlg
    ? { what, result: 'yes', detail: `${oidName(protectionAlg.algorithm)}, pvno ${pvno}` }
    : { what, result: 'no', detail: `a ${body.type} came without protection, pvno ${pvno}` };
}
