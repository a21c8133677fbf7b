import { oidName } from '../asn1/oids.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { serialText } from '../ca/grant.ts';
import type { SeenMessage } from '../ca/lab.ts';
import { decodeMessage, type PKIMessage } from '../cmp/message/pki-message.ts';
import { formatStatus, statusInfoOf } from '../cmp/message/status-text.ts';
import { formatName } from '../x509/name-text.ts';

/** What is remembered of a transaction whose end was not told yet. */
interface Told {
  readonly what: string;
  isWaiting: boolean;
}

/** Called with the transactionID of a request that begins to wait, and its description. */
export type WaitingListener = (transactionID: string, what: string) => void;

/** More than wait in any lab; the oldest are then told by their transactionID alone. */
const MAX_TOLD = 1000;

/**
 * Make what tells of the requests to a lab, one line for each thing that happens to one: it waits, is
 * issued, refused, confirmed. A poll that finds nothing new is not told.
 */
export function labLog(
  log: Pick<Log, 'info'>,
  onWaiting: WaitingListener,
): (message: SeenMessage) => void {
  const told = new Map<string, Told>();
  let request: PKIMessage | undefined;

  function tell(answer: PKIMessage): void {
    const transactionID = toHex(request?.header.transactionID ?? new Uint8Array());
    const known = told.get(transactionID);
    const what = known?.what ?? describe(request, transactionID);
    const status = statusInfoOf(answer.body);
    if (status?.status === 'waiting' || answer.body.type === 'pollRep') {
      if (known?.isWaiting !== true) onWaiting(transactionID, what);
      remember(transactionID, { what, isWaiting: true });
    } else if (status?.status === 'rejection') {
      log.info(`${what}: refused, ${formatStatus(status)}`);
      told.delete(transactionID);
    } else if (answer.body.type === 'rp') {
      log.info(`${what}: revoked`);
      told.delete(transactionID);
    } else if (answer.body.type === 'genp') {
      log.info(`${what}: answered`);
      told.delete(transactionID);
    } else if (status !== undefined) {
      log.info(`${what}: issued${status.status === 'accepted' ? '' : `, ${formatStatus(status)}`}`);
      remember(transactionID, { what, isWaiting: false });
    } else if (answer.body.type === 'pkiconf') {
      log.info(`${what}: ${verdict(request)}`);
      told.delete(transactionID);
    } else {
      log.info(`${what}: answered by ${answer.body.type}`);
    }
  }

  function remember(transactionID: string, one: Told): void {
    told.set(transactionID, one);
    const [oldest] = told.size > MAX_TOLD ? told.keys() : [];
    if (oldest !== undefined) told.delete(oldest);
  }

  return ({ direction, der }) => {
    const message = decoded(der);
    if (direction === 'in') request = message;
    else if (message !== undefined) tell(message);
  };
}

function decoded(der: Uint8Array): PKIMessage | undefined {
  try {
    return decodeMessage(der);
  } catch (error) {
    if (error instanceof CertError) return undefined;
    throw error;
  }
}

/** What a request is for, as far as it says so itself. */
function describe(request: PKIMessage | undefined, transactionID: string): string {
  if (request === undefined) return 'a message that cannot be read';
  switch (request.body.type) {
    case 'ir':
    case 'cr':
    case 'kur': {
      const subject = request.body.value[0]?.certReq.certTemplate.subject;
      return `${request.body.type} for "${subject === undefined ? '' : formatName(subject)}"`;
    }
    case 'p10cr': {
      const { subject } = request.body.value.certificationRequestInfo;
      return `p10cr for "${formatName(subject)}"`;
    }
    case 'rr': {
      const serial = request.body.value[0]?.certDetails.serialNumber;
      return `rr for serial ${serial === undefined ? 'unknown' : serialText(serial)}`;
    }
    case 'genm':
      return `genm for ${request.body.value.map(({ infoType }) => oidName(infoType)).join(', ')}`;
    default:
      return `${request.body.type} of transaction ${transactionID}`;
  }
}

/** What a certConf says of the certificate. */
function verdict(request: PKIMessage | undefined): string {
  const [one] = request?.body.type === 'certConf' ? request.body.value : [];
  return one === undefined || one.statusInfo?.status === 'rejection'
    ? 'certificate refused by the client'
    : 'confirmed';
}
