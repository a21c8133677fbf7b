import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { bytesEqual, toHex, utf8 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { decodeMessage, type PKIMessage } from '../cmp/message/pki-message.ts';
import type { Transport } from '../cmp/transport/transport.ts';
import { digest } from '../crypto/digest.ts';
import { certificateDer } from '../x509/certificate.ts';
import type { CRLReason } from '../x509/crl-reason.ts';
import { authenticate, type Sender } from './authenticate.ts';
import {
  createAuthorities,
  loadAuthorities,
  type Authorities,
  type AuthorityRecord,
} from './authority.ts';
import { checkHeader, checkVersion } from './check-header.ts';
import { currentCrl, currentDelta } from './current-crl.ts';
import { decide } from './decide.ts';
import { defaultLabSettings, type LabSettings } from './lab-settings.ts';
import { faultPlan, parseFault, type FaultPlan } from './fault.ts';
import { writeLabFiles, type LabFiles } from './lab-files.ts';
import { openLedger, type Ledger } from './ledger.ts';
import type { CrlSeries, LabCertificate, LabTransaction } from './ledger-records.ts';
import { memoryTransport } from './memory-transport.ts';
import { isRefusal, refusal, refusalOf, statusOf, type Refusal } from './refusal.ts';
import { refuseRepeat } from './refuse-repeat.ts';
import { respond, type Answer } from './respond.ts';
import { rollRoot } from './roll-root.ts';
import { labResponder, type LabResponder } from './ocsp-responder.ts';
import { withPss } from './rsa-pss.ts';
import type { StatusServed } from './serve-status.ts';
import { listen, type Listening } from './server.ts';

/** What a lab is made of. */
export interface LabOptions {
  /** Its directory, made 0700 if it does not exist; everything in it is found again at the next start. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: Partial<LabSettings>;
  /** How long the CAs of a new lab are valid; `CA_DAYS` without it. */
  readonly caDays?: number;
  /** Shared secrets by reference value, beside those the directory holds already. */
  readonly secrets?: ReadonlyMap<string, Uint8Array>;
  /** Called with every message that comes and goes. */
  readonly onMessage?: (message: SeenMessage) => void;
  /** Called after every committed write with their number so far. */
  readonly onWrite?: (count: number) => void;
}

/** A message as it went over the line. */
export interface SeenMessage {
  readonly direction: 'in' | 'out';
  readonly der: Uint8Array;
}

/** An embedded CA and RA for trying things; it guards nothing and is no CA for production. */
export interface Lab {
  readonly authorities: Authorities;
  readonly settings: LabSettings;
  /** Shared secrets by reference value. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** Answer one PKIMessage; one message at a time, whoever calls. Only a failure of the ledger throws. */
  handle(der: Uint8Array): Promise<Uint8Array>;
  /** A transport whose other end is this lab. */
  transport(): Transport;
  /**
   * Serve CMP over HTTP, and CRLs and the OCSP responder beside it. Certificates name the place served at last.
   *
   * @param port 0 takes a free one
   * @param address where others can reach it; the loopback interface alone when absent
   * @throws {CertError} CONFIG_INVALID when the port cannot be had
   */
  listen(port: number, address?: string): Promise<Listening>;
  /** How many certificates were ever issued here. */
  issuedCount(): Promise<number>;
  certificates(): Promise<readonly LabCertificate[]>;
  /** Every transaction ever begun, oldest first. */
  requests(): Promise<readonly LabTransaction[]>;
  approve(id: number): Promise<LabTransaction>;
  deny(id: number, reason?: string): Promise<LabTransaction>;
  /** Revoke a certificate now. */
  revoke(certificateId: number, reason?: CRLReason): Promise<void>;
  /**
   * Give the CRL of a CA as DER, or the delta to that of the issuing CA: a new one, if the last is out of date.
   *
   * @throws {CertError} CONFIG_INVALID for a delta where there are none
   */
  crl(issuer: CrlSeries): Promise<Uint8Array>;
  /** The OCSP responder. */
  readonly responder: LabResponder;
  /** Get a new root; the old one stays acceptable. */
  rollRoot(): Promise<void>;
  /**
   * Do something wrong in answers to come.
   *
   * @param fault NAME[@BODY][*N], as `parseFault` reads it
   * @throws {CertError} USAGE_INVALID
   */
  inject(fault: string): void;
  /** Put certificates, the vendor device's key and the secrets into the lab's directory, for clients. */
  writeFiles(): Promise<LabFiles>;
  /** End the message in hand, then close the ledger. */
  close(): Promise<void>;
}

/** The reference value a new lab comes with. */
export const DEFAULT_REFERENCE = 'device-0001';

const NONCE_OCTETS = 16;
// Of hexadecimal digits: 160 bits, so that few iterations do (RFC 9045 section 4.1).
const SECRET_OCTETS = 20;

/**
 * Open a lab, or make a new one: keys, certificates and one shared secret.
 *
 * @throws {CertError} those of the store; CONFIG_INVALID when the directory is somebody else's
 */
export async function createLab(options: LabOptions): Promise<Lab> {
  const { clock, random } = options;
  const settings = { ...defaultLabSettings, ...options.settings };
  const ledger = await openLedger(options.directory, clock, options.onWrite);
  try {
    // What the lab before in this directory was told to do wrong is over with it.
    await ledger.clearOcspFaults();
    const authorities = await openAuthorities(ledger, settings, options);
    const secrets = await openSecrets(ledger, options);
    const faults = faultPlan();
    return labOver({ ledger, authorities, secrets, settings, clock, random, faults }, options);
  } catch (thrown) {
    await ledger.close();
    throw thrown;
  }
}

interface LabParts {
  readonly ledger: Ledger;
  /** Replaced when there is a new root. */
  authorities: Authorities;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly settings: LabSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPlan;
  /** Where it serves. */
  place?: string;
}

function labOver(lab: LabParts, { onMessage, directory }: LabOptions): Lab {
  const { ledger } = lab;
  let previous: Promise<unknown> = Promise.resolve();

  async function handle(der: Uint8Array): Promise<Uint8Array> {
    onMessage?.({ direction: 'in', der });
    const right = await answerTo(der, await upToDate(lab));
    const answer = await lab.faults.spoil(right, der, lab);
    onMessage?.({ direction: 'out', der: answer });
    return answer;
  }

  // One after the other: two copies of one request must not both find that they are the first.
  function inTurn(der: Uint8Array): Promise<Uint8Array> {
    const answer = previous.then(() => handle(der));
    previous = answer.catch(() => undefined);
    return answer;
  }

  async function crl(series: CrlSeries): Promise<Uint8Array> {
    const source = await upToDate(lab);
    if (series !== 'delta') return (await currentCrl(series, source)).der;
    if (lab.settings.crlDelta) return (await currentDelta(source)).der;
    throw new CertError('CONFIG_INVALID', 'Cannot give a delta CRL: the lab issues none', {
      hint: 'Start it with crl-delta on',
    });
  }

  const responder = labResponder(
    () => upToDate(lab),
    () => lab.clock.now(),
  );
  const status: StatusServed = {
    crl,
    certificate: async (issuer) =>
      certificateDer((await upToDate(lab)).authorities[issuer].certificate),
    hasDelta: lab.settings.crlDelta,
    responder,
    sleep: (ms, signal) => lab.clock.sleep(ms, signal),
  };

  return {
    get authorities() {
      return lab.authorities;
    },
    secrets: lab.secrets,
    settings: lab.settings,
    handle: inTurn,
    transport: () => memoryTransport(inTurn),
    async listen(port, address) {
      const listening = await listen(inTurn, port, address, { faults: lab.faults, status });
      lab.place = new URL(listening.url).origin;
      return listening;
    },
    responder,
    issuedCount: () => ledger.issuedCount(),
    certificates: () => ledger.certificates(),
    requests: () => ledger.transactions(),
    approve: (id) => ledger.decide(id, 'approved'),
    deny: (id, reason) => ledger.decide(id, 'denied', reason),
    revoke: (certificateId, reason = 'unspecified') =>
      ledger.revoke(certificateId, { at: lab.clock.now(), reason }),
    crl,
    rollRoot: async () => {
      await ledger.putAuthorities(
        await rollRoot(await ledger.authorities(), lab.clock, lab.random),
      );
      await upToDate(lab);
    },
    inject: (fault) => lab.faults.add(parseFault(fault)),
    writeFiles: async () => writeLabFiles(directory, await ledger.authorities(), lab.secrets),
    close: async () => {
      await previous;
      await ledger.close();
    },
  };
}

/** Another process may have given the lab a new root. */
async function upToDate(lab: LabParts): Promise<LabParts> {
  const records = await lab.ledger.authorities();
  const root = records.find(({ role }) => role === 'root')?.certificate;
  if (root && !bytesEqual(root, certificateDer(lab.authorities.root.certificate))) {
    lab.authorities = usable(records, lab.settings) ?? lab.authorities;
  }
  return lab;
}

/** The authorities as they sign with these settings. */
function usable(
  records: readonly AuthorityRecord[],
  { rsaSignature }: LabSettings,
): Authorities | undefined {
  const loaded = loadAuthorities(records);
  return loaded && rsaSignature === 'pss' ? withPss(loaded) : loaded;
}

async function answerTo(der: Uint8Array, lab: LabParts): Promise<Uint8Array> {
  const { ledger, settings, clock, random } = lab;
  const requestDigest = digest('sha256', der);
  const known = await ledger.answerTo(requestDigest);
  if (known && settings.retransmission === 'answer') return known;

  const senderNonce = random.bytes(NONCE_OCTETS);
  const refuse = (why: Refusal, to?: PKIMessage, sender?: Sender): Promise<Uint8Array> =>
    respond(errorAnswer(why, senderNonce, to, sender), lab);

  let message: PKIMessage;
  try {
    message = decodeMessage(der);
  } catch (thrown) {
    return refuse(refusalOf(thrown));
  }
  const { header } = message;
  const version = checkVersion(header);
  if (version) return refuse(version, message);
  const sender = await authenticate(message, lab, clock.now());
  if (isRefusal(sender)) return refuse(sender, message);
  const problem = checkHeader(header, clock.now(), settings.timeToleranceSeconds);
  const { transactionID } = header;
  if (problem || !transactionID) {
    return refuse(problem ?? refusal('badDataFormat', 'No transactionID'), message, sender);
  }
  const transaction = await ledger.transaction(transactionID);
  if (known) return refuse(await refuseRepeat(message.body, transaction, ledger), message, sender);

  const incoming = { message, transactionID, sender, ...(transaction && { transaction }) };
  const decision = await decide(incoming, lab);
  if (isRefusal(decision)) return refuse(decision, message, sender);
  const isDelayed = decision.endsDelay === true && settings.delayedNonce === 'request';
  const recipNonce = isDelayed && transaction ? delayedNonceOf(transaction) : undefined;
  const answer = await respond(
    {
      to: header,
      sender,
      body: decision.body,
      senderNonce,
      ...(recipNonce && { recipNonce }),
      ...(decision.generalInfo && { generalInfo: decision.generalInfo }),
      isFirst: !transaction,
    },
    lab,
  );
  const { issued, certificateStatus, revoked } = decision;
  // Everything is on the disk before the answer leaves: a lab killed here has issued once, and says so.
  return ledger.save({
    requestDigest,
    answer,
    transaction: {
      ...decision.transaction,
      transactionID,
      senderNonce,
      request: transaction?.request ?? der,
    },
    ...(issued && { issued }),
    ...(certificateStatus && { certificateStatus }),
    ...(revoked && { revoked }),
  });
}

/** RFC 9483 section 4.4: the nonce of the request whose answer is delayed, be it the certConf. */
function delayedNonceOf(transaction: LabTransaction): Uint8Array | undefined {
  const delayed = transaction.delayedConfirmation ?? transaction.request;
  return decodeMessage(delayed).header.senderNonce;
}

function errorAnswer(
  why: Refusal,
  senderNonce: Uint8Array,
  to: PKIMessage | undefined,
  sender: Sender | undefined,
): Answer {
  return {
    ...(to && { to: to.header }),
    ...(sender && { sender }),
    body: { type: 'error', value: { pKIStatusInfo: statusOf(why) } },
    senderNonce,
    isFirst: true,
  };
}

async function openAuthorities(
  ledger: Ledger,
  labSettings: LabSettings,
  { clock, random, settings, directory, caDays }: LabOptions,
): Promise<Authorities> {
  const { keyType } = labSettings;
  const records = await ledger.authorities();
  const found = loadAuthorities(records);
  if (found) {
    const kept = found.issuing.key.keyType;
    const wanted = settings?.keyType ?? kept;
    if (wanted === kept) return usable(records, labSettings) ?? found;
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use key type ${wanted} in the lab in "${directory}": its CA has a key of type ${kept}`,
      { hint: 'Name another directory with dir' },
    );
  }
  const made = await createAuthorities(keyType, clock, random, caDays);
  const kept = usable(await ledger.addAuthorities(made), labSettings);
  if (kept) return kept;
  throw new CertError('STORE_CORRUPT', 'Cannot open the lab: keys or certificates are missing', {
    hint: 'Remove the directory of the lab; it holds nothing but the lab',
  });
}

async function openSecrets(
  ledger: Ledger,
  { secrets, random }: LabOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  for (const [reference, secret] of secrets ?? []) await ledger.putSecret(reference, secret);
  const found = await ledger.secrets();
  if (found.size > 0) return found;
  await ledger.putSecret(DEFAULT_REFERENCE, utf8(toHex(random.bytes(SECRET_OCTETS))));
  return ledger.secrets();
}
