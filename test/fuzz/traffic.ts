import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { randomBytes } from 'node:crypto';
import { utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { beginTransaction, follow } from '../../src/cmp/client/client.ts';
import type { Conversation, Ending } from '../../src/cmp/client/conversation.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { Credential } from '../../src/cmp/protection/credential.ts';
import { pbmAlgorithm } from '../../src/cmp/protection/pbm.ts';
import { pbmac1Algorithm } from '../../src/cmp/protection/pbmac1.ts';
import { protect } from '../../src/cmp/protection/protect.ts';
import type { Trust } from '../../src/cmp/protection/trust.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { softwareKeys, type SigningKey } from '../../src/crypto/keys.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oidName, oids, type Oid } from '../../src/asn1/oids.ts';
import type { InfoTypeAndValue } from '../../src/cmp/message/info-type-and-value.ts';
import { info, infoValue } from '../../src/cmp/message/info-values.ts';
import { checkCrl } from '../../src/revocation/crl-check.ts';
import { checkRootUpdate } from '../../src/revocation/root-update.ts';
import { strict } from '../../src/cmp/protection/trust.ts';
import { askedIn, type RequestBody } from '../../src/cmp/transaction/request.ts';
import { certRequest } from '../../src/lifecycle/certificate-request.ts';
import { judgeCertificate } from '../../src/lifecycle/judge-certificate.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { CertificationRequestInfo } from '../../src/x509/certification-request.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nullDn } from '../../src/x509/name.ts';
import { fakeClock } from '../harness/fake-clock.ts';

/** The moment all of the lab's traffic is recorded and played again at. */
export const trafficTime: Date = new Date('2026-12-01T12:00:00Z');

/** A transaction with the lab that can be played again, message for message. */
export interface Dialogue {
  readonly name: string;
  readonly secret?: Uint8Array;
  readonly trust: Trust;
  readonly requests: readonly Uint8Array[];
  readonly answers: readonly Uint8Array[];
  /** Have the client go through it with these answers; after the last the network is gone. */
  replay(answers: readonly Uint8Array[]): Promise<Ending>;
}

/** Everything the lab says to our client and to messages our client does not send. */
export interface Traffic {
  readonly dialogues: readonly Dialogue[];
  /** Requests and answers outside the dialogues, in pairs. */
  readonly others: readonly {
    readonly request: Uint8Array;
    readonly answer: Uint8Array;
    readonly secret?: Uint8Array;
    readonly trust: Trust;
  }[];
}

const systemRandom: Random = { bytes: (length) => Uint8Array.from(randomBytes(length)) };
const pbm = pbmAlgorithm({
  salt: new Uint8Array(16).fill(0x44),
  owf: digestAlgorithm('sha256'),
  iterationCount: 100,
  mac: macAlgorithm('hmac-sha256'),
});

/** Have client and lab talk in every way both know. */
export async function recordTraffic(directory: string): Promise<Traffic> {
  const { key } = await softwareKeys.generate('p-256');
  const { key: nextKey } = await softwareKeys.generate('p-256');
  const dialogues: Dialogue[] = [];
  const others: Traffic['others'][number][] = [];

  async function among(settings: Partial<LabSettings>, record: (lab: Lab) => Promise<void>) {
    const lab = await createLab({
      directory,
      clock: fakeClock(trafficTime),
      random: systemRandom,
      settings: { implicitConfirm: false, pbm: quickly, ...settings },
    });
    try {
      await record(lab);
    } finally {
      await lab.close();
    }
  }

  async function dialogue(lab: Lab, name: string, plot: Omit<Plot, 'id'>): Promise<Dialogue> {
    const recorded = await recordDialogue(lab, name, { ...plot, id: dialogues.length });
    dialogues.push(recorded);
    return recorded;
  }

  await among({}, async (lab) => {
    const device: Credential = {
      type: 'signature',
      ...lab.authorities['vendor-device'],
      chain: [],
    };
    const first = await dialogue(lab, 'ir', {
      credential: mac(lab),
      request: requestFor('ir', key),
    });
    await dialogue(lab, 'ir signed', { credential: device, request: requestFor('ir', key) });
    await dialogue(lab, 'cr', { credential: mac(lab), request: requestFor('cr', key) });
    await dialogue(lab, 'ir PBMAC1', {
      credential: mac(lab, pbmac1Algorithm(new Uint8Array(16).fill(0x55), 1000)),
      request: requestFor('ir', key),
    });
    const certificate = certificateIn(first.answers[0]);
    const credential: Credential = {
      type: 'signature',
      key,
      certificate,
      chain: [lab.authorities.issuing.certificate],
    };
    const update = requestFor('kur', nextKey, certificate);
    await dialogue(lab, 'kur', { credential, request: update });
    const p10cr = await pkcs10(key);
    await dialogue(lab, 'p10cr', { credential: mac(lab), request: () => Promise.resolve(p10cr) });
    for (const infoType of questions) {
      const request = (): Promise<RequestBody> =>
        Promise.resolve({ type: 'genm', value: [questionOf(infoType, lab)] });
      await dialogue(lab, `genm ${oidName(infoType)}`, { credential: mac(lab), request });
    }
    await dialogue(lab, 'genm signed', {
      credential: device,
      request: () => Promise.resolve({ type: 'genm', value: [info('currentCRL')] }),
    });
    for (const each of [mac(lab), device]) {
      for (const body of strangeBodies()) others.push(await ask(lab, each, body));
    }
    const renewed = certificateIn(dialogues.find(({ name }) => name === 'kur')?.answers[0]);
    const { issuer, serialNumber } = renewed.tbsCertificate;
    const chain = [lab.authorities.issuing.certificate];
    await dialogue(lab, 'rr', {
      credential: { type: 'signature', key: nextKey, certificate: renewed, chain },
      request: () =>
        Promise.resolve({ type: 'rr', value: [{ certDetails: { issuer, serialNumber } }] }),
    });
  });
  await among({ implicitConfirm: true, caPubs: 'chain', extraCerts: 'chain-root' }, async (lab) => {
    await dialogue(lab, 'ir granted', { credential: mac(lab), request: requestFor('ir', key) });
  });
  await among({ polls: 2, delay: 'response' }, async (lab) => {
    await dialogue(lab, 'ir polled', { credential: mac(lab), request: requestFor('ir', key) });
  });
  await among({ polls: 1, delay: 'error', delayedNonce: 'request' }, async (lab) => {
    await dialogue(lab, 'cr delayed', { credential: mac(lab), request: requestFor('cr', key) });
  });
  await among({ refuse: 'badCertTemplate' }, async (lab) => {
    await dialogue(lab, 'ir refused', { credential: mac(lab), request: requestFor('ir', key) });
  });
  return { dialogues, others };
}

function mac(lab: Lab, protectionAlg = pbm): Credential {
  const secret = lab.secrets.get(DEFAULT_REFERENCE) ?? utf8('');
  return { type: 'mac', reference: DEFAULT_REFERENCE, secret, protectionAlg };
}

const quickly: LabSettings['pbm'] = { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 };

function requestFor(
  type: 'ir' | 'cr' | 'kur',
  key: SigningKey,
  replaced?: Certificate,
): Plot['request'] {
  const wanted = { subject: parseName('CN=gw1,O=Test'), subjectAltNames: [] };
  return certRequest(type, wanted, key, { rsaSignature: 'pkcs1' }, replaced);
}

interface Plot {
  readonly credential: Credential;
  readonly request: (credential: Credential) => Promise<RequestBody>;
  /** Makes its transactionID and nonces its own. */
  readonly id: number;
}

const completed: ReadonlySet<Ending['type']> = new Set([
  'granted',
  'rejected',
  'revoked',
  'informed',
]);

async function recordDialogue(lab: Lab, name: string, plot: Plot): Promise<Dialogue> {
  const trust = trustIn(lab);
  const requests: Uint8Array[] = [];
  const answers: Uint8Array[] = [];
  const request = await plot.request(plot.credential);
  const ending = await playThrough(plot, request, trust, async (der) => {
    requests.push(Uint8Array.from(der));
    const answer = Uint8Array.from(await lab.handle(der));
    answers.push(answer);
    return answer;
  });
  if (!completed.has(ending.type)) {
    throw new Error(`The dialogue "${name}" ended as ${ending.type}`);
  }
  const { credential } = plot;
  return {
    name,
    ...(credential.type === 'mac' && { secret: credential.secret }),
    trust,
    requests,
    answers,
    replay(others) {
      const left = [...others];
      return playThrough(plot, request, trust, async () => {
        const next = left.shift();
        if (next) return Uint8Array.from(next);
        throw new CertError('NETWORK_TIMEOUT', 'Cannot get a response: the recording is over');
      });
    },
  };
}

async function playThrough(
  { credential, id }: Plot,
  body: RequestBody,
  trust: Trust,
  exchange: (der: Uint8Array) => Promise<Uint8Array>,
): Promise<Ending> {
  const clock = fakeClock(trafficTime);
  let count = 0;
  const conversation: Conversation = {
    name: 'gw1',
    ca: 'lab',
    transport: { exchange, async close() {} },
    credential,
    trust,
    clock,
    // The same in every play: the answers of the first fit the messages of all.
    random: {
      bytes: (length) => new Uint8Array(length).fill(0xa0).with(0, ++count).with(1, id),
    },
    recipient: { type: 'directoryName', value: nullDn },
    askImplicitConfirm: true,
    tolerance: strict,
    timeToleranceSeconds: 300,
    minPollSeconds: 5,
    pending: [],
    remark() {},
    keys: {
      own: () => Promise.reject(new Error('no key')),
      provider: () => Promise.resolve(softwareKeys),
    },
    judge: (issued, { request }) =>
      judgeCertificate(issued, askedIn(request), {
        roots: trust.anchors,
        intermediates: [],
        trustCapubs: false,
        allowLegacy: false,
        at: clock.now(),
        timeToleranceSeconds: 300,
        mayRename: true,
        firstUse: false,
        renewal: { which: { name: 'gw1', version: 1 } },
      }),
    async save() {},
  };
  const deadline = new Date(trafficTime.getTime() + 3_600_000);
  const begun = await beginTransaction(conversation, { request: body, pvno: 2, deadline });
  const ending = await follow(conversation, begun, deadline);
  if (ending.type === 'informed') read(ending.item, trust);
  return ending;
}

function trustIn({ authorities }: Lab): Trust {
  return {
    anchors: [authorities.root.certificate],
    anchorsAreDedicated: false,
    intermediates: [],
    allowLegacy: false,
  };
}

const questions: readonly Oid[] = [
  oids.caCerts,
  oids.currentCRL,
  oids.crlStatusList,
  oids.certReqTemplate,
  oids.signKeyPairTypes,
  oids.suppLangTags,
  oids.revPassphrase,
];

function questionOf(infoType: Oid, { authorities }: Lab): InfoTypeAndValue {
  if (infoType !== oids.crlStatusList) return { infoType };
  const { subject } = authorities.issuing.certificate.tbsCertificate;
  const issuer = [{ type: 'directoryName', value: subject }] as const;
  return info('crlStatusList', [{ source: { type: 'issuer', value: issuer } }]);
}

/** Read what a genp brought, as whoever asked for it does. */
function read(item: InfoTypeAndValue, { anchors, intermediates }: Trust): void {
  const lists = [infoValue([item], 'currentCRL'), ...(infoValue([item], 'crls') ?? [])];
  for (const list of lists) {
    if (list)
      checkCrl(list, { intermediates, anchors, at: trafficTime, policy: { allowLegacy: false } });
  }
  const update = infoValue([item], 'rootCaKeyUpdate');
  if (update) checkRootUpdate(update, anchors, trafficTime, { allowLegacy: false });
  infoValue([item], 'caCerts');
  infoValue([item], 'certReqTemplate');
  infoValue([item], 'unsupportedOIDs');
}

async function pkcs10(key: SigningKey): Promise<RequestBody> {
  const certificationRequestInfo: CertificationRequestInfo = {
    version: 0,
    subject: parseName('CN=gw1,O=Test'),
    subjectPKInfo: fromDer(SubjectPublicKeyInfo, key.spki),
    attributes: [],
  };
  const signatureAlgorithm = signatureAlgorithmFor(key);
  const signature = await key.sign(
    toDer(CertificationRequestInfo, certificationRequestInfo),
    signatureAlgorithm,
  );
  return { type: 'p10cr', value: { certificationRequestInfo, signatureAlgorithm, signature } };
}

/** Bodies the client does not send, or not so; the lab answers what it can. */
function strangeBodies(): readonly PKIBody[] {
  const status = { status: 'rejection', statusString: ['no'], failInfo: ['badRequest'] } as const;
  return [
    { type: 'rr', value: [{ certDetails: { serialNumber: 4711n, issuer: parseName('CN=CA') } }] },
    { type: 'genm', value: [{ infoType: oids.caCerts }, { infoType: oids.currentCRL }] },
    { type: 'error', value: { pKIStatusInfo: status, errorCode: 7, errorDetails: ['why'] } },
  ];
}

async function ask(lab: Lab, credential: Credential, body: PKIBody) {
  const request = await protect(
    {
      pvno: 2,
      recipient: { type: 'directoryName', value: nullDn },
      messageTime: trafficTime,
      transactionID: systemRandom.bytes(16),
      senderNonce: systemRandom.bytes(16),
    },
    body,
    credential,
  );
  const answer = Uint8Array.from(await lab.handle(request));
  const secret = credential.type === 'mac' && { secret: credential.secret };
  return { request, answer, ...secret, trust: trustIn(lab) };
}

function certificateIn(der: Uint8Array = new Uint8Array()): Certificate {
  const { body } = decodeMessage(der);
  const isReply = body.type === 'ip' || body.type === 'cp' || body.type === 'kup';
  const given = isReply ? body.value.response[0]?.certifiedKeyPair?.certOrEncCert : undefined;
  return given?.type === 'certificate' ? given.value : fail('no certificate in the answer');
}

function fail(why: string): never {
  throw new Error(why);
}
