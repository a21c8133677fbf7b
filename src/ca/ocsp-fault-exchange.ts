import { concatBytes } from '../base/bytes.ts';
import { httpDate, textAnswer, type OcspHttpAnswer } from './ocsp-http.ts';
import type { OcspExchangeFault } from './ocsp-fault.ts';

type Answer = OcspHttpAnswer & { readonly type: 'answer' };

/** Longer than a client waits that has users. */
const SLOW_MS = 20_000;
/** A whole response then takes minutes, and never stops coming. */
const DRIP_MS = 500;
const BIG_OCTETS = 10 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 120;
const html: Uint8Array = Uint8Array.from(Buffer.from('<html><body>It works!</body></html>\n'));

/** Faults of the octets, and of how they come; the response itself, where there is one, is right. */
export const ocspExchangeFaults: Readonly<Record<string, OcspExchangeFault>> = {
  truncated: octets('The second half of the response is missing', (body) =>
    body.subarray(0, body.length / 2),
  ),
  'trailing-octets': octets('Octets follow the response', (body) =>
    concatBytes(body, Uint8Array.of(0, 0)),
  ),
  'not-der': octets('It is no DER at all', () => Uint8Array.from(Buffer.from('no response\n'))),
  down: http('The connection is reset', () => ({ type: 'reset' })),
  flapping: {
    ...http('Every other connection is reset, the first one too', (answer, { acted }) =>
      acted % 2 === 0 ? { type: 'reset' } : answer,
    ),
    ends: 'believed',
  },
  silence: http('The connection stays open, and nothing comes', () => ({ type: 'silence' })),
  slow: {
    ...http('The answer comes after 20 seconds', (answer) => ({ ...answer, afterMs: SLOW_MS })),
    ends: 'believed',
  },
  dripping: {
    ...http('Two octets come a second', (answer) => ({ ...answer, octetMs: DRIP_MS })),
    ends: 'believed',
  },
  'status-500': http('The server failed, says status 500, and Retry-After 120 seconds', () =>
    textAnswer(500, 'Failed', { 'retry-after': String(RETRY_AFTER_SECONDS) }),
  ),
  'status-503': http(
    'The server has no time, says status 503, and when it will have',
    (_, { now }) =>
      textAnswer(503, 'Busy', {
        'retry-after': httpDate(new Date(now.getTime() + RETRY_AFTER_SECONDS * 1000)),
      }),
  ),
  'status-404': http('There is nothing there, says status 404', () => page(404)),
  'html-200': http('A web page comes in its place, with status 200', () => page(200)),
  'text-plain': {
    ...http('The response comes as text/plain', (answer) => withType(answer, 'text/plain')),
    ends: 'believed',
  },
  redirect: http('The responder is elsewhere, says status 302: where nobody listens', () =>
    textAnswer(302, 'Elsewhere', { location: 'http://127.0.0.1:9/' }),
  ),
  'redirect-loop': http('The responder is elsewhere, says status 302: where it is', (_, { path }) =>
    textAnswer(302, 'Elsewhere', { location: path }),
  ),
  'body-10mb': http('The body has 10 MB', (answer) => ({
    ...answer,
    body: new Uint8Array(BIG_OCTETS).fill(0x30),
  })),
  'empty-body': http('The body is empty', (answer) => ({ ...answer, body: new Uint8Array() })),
};

function octets(summary: string, spoil: (body: Uint8Array) => Uint8Array): OcspExchangeFault {
  return {
    where: 'octets',
    ends: 'refused',
    summary,
    exchange: (answer) => ({ ...answer, body: Uint8Array.from(spoil(answer.body)) }),
  };
}

function http(summary: string, exchange: OcspExchangeFault['exchange']): OcspExchangeFault {
  return { where: 'HTTP', ends: 'refused', summary, exchange };
}

function page(status: number): Answer {
  return { type: 'answer', status, headers: { 'content-type': 'text/html' }, body: html };
}

function withType(answer: Answer, type: string): Answer {
  return { ...answer, headers: { ...answer.headers, 'content-type': type } };
}
