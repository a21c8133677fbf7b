import { CertError } from '../base/errors.ts';
import { broken, refused, serverText } from './failure.ts';
import { checkAnnounced, collectOctets } from './octets.ts';
import type { RetrievalRequest } from './retriever.ts';
import { encodeAck, encodeError, tftpError, type TftpPacket } from './tftp-packet.ts';

/** Block length that is asked for: what fits into a frame of Ethernet (RFC 2348). */
export const BLOCK_OCTETS = 1428;

/** Options of a request, by name. */
export type TftpOptions = Readonly<Record<string, string>>;

/** What becomes of a packet of the server. */
export type TftpStep =
  /** Nothing: it was a repetition. */
  | { readonly type: 'ignored' }
  /** It brought us further, and this is the answer. */
  | { readonly type: 'answered'; readonly packet: Uint8Array }
  | { readonly type: 'done'; readonly packet: Uint8Array; readonly file: Uint8Array }
  /** The server wants no options: to be asked again without. */
  | { readonly type: 'optionsRefused' }
  /** It is over; the packet tells the server, unless it knows. */
  | { readonly type: 'failed'; readonly packet?: Uint8Array; readonly error: CertError };

/** One file on its way, packet by packet; without socket and clock. */
export interface TftpTransfer {
  receive(packet: TftpPacket): TftpStep;
}

/** Tell which options to ask for (RFC 2348, RFC 2349). */
export function optionsFor(timeoutSeconds: number): TftpOptions {
  return { blksize: String(BLOCK_OCTETS), tsize: '0', timeout: String(timeoutSeconds) };
}

/**
 * Begin a transfer.
 *
 * @param asked options that were in the request
 */
export function beginTransfer(request: RetrievalRequest, asked: TftpOptions): TftpTransfer {
  const { url } = request;
  const octets = collectOctets(request);
  let blockOctets = 512;
  let size: number | undefined;
  let isAnswered = false;
  /** Number of the last block taken; blocks are counted modulo 65536. */
  let last = 0;

  function takeOptions(options: ReadonlyMap<string, string>): TftpStep {
    // Repeated, because our answer got lost: the timer repeats that.
    if (isAnswered) return { type: 'ignored' };
    checkOptions(options, asked, url);
    isAnswered = true;
    blockOctets = Number(options.get('blksize') ?? 512);
    if (options.has('tsize')) size = Number(options.get('tsize'));
    if (size !== undefined) checkAnnounced(request, size);
    return { type: 'answered', packet: encodeAck(0) };
  }

  function takeData(block: number, data: Uint8Array): TftpStep {
    // A repetition is not acknowledged at once: if each were, blocks and acknowledgements would double for ever (the
    // sorcerer's apprentice, RFC 1123 section 4.2.3.1). An acknowledgement that got lost is repeated by the timer.
    if (block !== ((last + 1) & 0xffff)) return { type: 'ignored' };
    if (data.length > blockOctets) throw broken(url, `a block has ${data.length} octets`);
    octets.add(data);
    isAnswered = true;
    last = block;
    const packet = encodeAck(block);
    if (data.length === blockOctets) return { type: 'answered', packet };
    return { type: 'done', packet, file: octets.take(size) };
  }

  function takeError(code: number, message: string): TftpStep {
    if (code === tftpError.optionsRefused && !isAnswered && Object.keys(asked).length > 0) {
      return { type: 'optionsRefused' };
    }
    return { type: 'failed', error: serverSaysNo(url, code, message) };
  }

  function take(packet: TftpPacket): TftpStep {
    switch (packet.type) {
      case 'OACK':
        return takeOptions(packet.options);
      case 'DATA':
        return takeData(packet.block, packet.octets);
      case 'ERROR':
        return takeError(packet.code, packet.message);
    }
  }

  return {
    receive(packet) {
      try {
        return take(packet);
      } catch (error) {
        if (!(error instanceof CertError)) throw error;
        return { type: 'failed', packet: farewell(error, packet), error };
      }
    },
  };
}

/** Tell the server why we stop, so that it does, too. */
function farewell({ code }: CertError, { type }: TftpPacket): Uint8Array {
  if (code === 'RESPONSE_TOO_LARGE') return encodeError(tftpError.allocationExceeded, 'too large');
  return type === 'OACK'
    ? encodeError(tftpError.optionsRefused, 'not asked for')
    : encodeError(tftpError.illegalOperation, 'not as announced');
}

/** RFC 2347: an answer has no option that was not asked for; RFC 2348, 2349: and no value that was not allowed. */
function checkOptions(options: ReadonlyMap<string, string>, asked: TftpOptions, url: string): void {
  for (const [name, value] of options) {
    const wanted = Object.hasOwn(asked, name) ? asked[name] : undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    const isRight =
      (name === 'blksize' && number >= 8 && number <= Number(wanted)) ||
      (name === 'tsize' && number >= 0) ||
      (name === 'timeout' && value === wanted);
    if (wanted === undefined || !isRight) {
      throw broken(url, `the server sets "${serverText(`${name}=${value}`)}", which was not asked`);
    }
  }
}

function serverSaysNo(url: string, code: number, message: string): CertError {
  const text = serverText(message);
  const said = text === '' ? `error ${code}` : `error ${code}, "${text}"`;
  switch (code) {
    case tftpError.fileNotFound:
      return refused(url, `no such file (${said})`, 'Check the path of the URL');
    case tftpError.accessViolation:
      return refused(
        url,
        `permission denied (${said})`,
        'TFTP servers give only what all may read',
      );
    default:
      return refused(url, `the server says ${said}`, 'See the log of the server');
  }
}
