import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Random } from '../../src/base/random.ts';
import { oids } from '../../src/asn1/oids.ts';
import type { OcspRules } from '../../src/revocation/ocsp-rules.ts';
import type { CacheRules } from '../../src/revocation/ocsp-cache.ts';
import type {
  OcspAnswer,
  OcspQueryRules,
  ResolvedOcsp,
  ValidationEvent,
} from '../../src/validation/contract.ts';
import {
  ocspClient,
  type CachingOcspClient,
  type OcspClientContext,
} from '../../src/validation/ocsp-client.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { after, ca, leaf, response } from '../revocation/ocsp-made.ts';
import { chainOf, rulesFor } from '../revocation/ocsp-vectors.ts';

/** How an OCSP object of a test differs from one with nothing set. */
export interface ObjectParts {
  readonly name?: string;
  readonly policyHash?: string;
  readonly rules?: Partial<OcspRules>;
  readonly cache?: Partial<CacheRules>;
  readonly query?: Partial<OcspQueryRules>;
}

/** Make an OCSP object that believes `ca` of the made responses. */
export function ocspObjectFor({
  name = 'o',
  policyHash = 'p',
  ...parts
}: ObjectParts): ResolvedOcsp {
  return {
    name,
    policyHash,
    rules: rulesFor(chainOf([ca.certificate]), parts.rules),
    cache: {
      caching: true,
      maxAgeSeconds: -1,
      clockSkewSeconds: 0,
      cachingThisUpdateMaxAgeSeconds: -1,
      cachingNextUpdateAheadSeconds: -1,
      cacheTimeoutSeconds: 'indefinite',
      cacheErrorTimeoutSeconds: 30,
      ...parts.cache,
    },
    query: { timeoutMs: 200, certIdHash: 'sha1', resolvers: [], concurrency: 0, ...parts.query },
  };
}

/** A client under a clock that stands still. */
export interface Asking {
  readonly client: CachingOcspClient;
  readonly clock: FakeClock;
  readonly events: readonly ValidationEvent[];
  /** Ask about `leaf`, unless said otherwise. */
  ask(object: ResolvedOcsp, about?: Partial<About>): Promise<OcspAnswer>;
}

interface About {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly signal: AbortSignal;
}

let count = 0;
/** Other octets each time, and the same ones in each run. */
export const counting: Random = {
  bytes: (length) => new Uint8Array(length).fill(++count & 0xff),
};

/** Make a client a minute after the made responses. */
export function asking(
  options: Partial<Pick<OcspClientContext, 'cacheOctets' | 'signerOf'>> & {
    readonly at?: Date;
  } = {},
): Asking {
  const clock = fakeClock(options.at ?? after(60), 'waits');
  const events: ValidationEvent[] = [];
  const { cacheOctets, signerOf } = options;
  const client = ocspClient({
    clock,
    random: counting,
    tell: (event) => events.push(event),
    ...(cacheOctets !== undefined && { cacheOctets }),
    ...(signerOf && { signerOf }),
  });
  return {
    client,
    clock,
    events,
    async ask(object, about = {}) {
      const { certificate = leaf.certificate, issuer = ca.certificate } = about;
      const { signal = new AbortController().signal } = about;
      return await client.status(certificate, issuer, object, signal);
    },
  };
}

/** The status, or why there is none. */
export function codeIn({ verdict }: OcspAnswer): string {
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}

/** A responder on loopback. */
export interface Responder {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ResponderRequest[];
}

/** What a responder was asked. */
export interface ResponderRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

/** Start a responder that answers as a test says; by itself it says that `leaf` is good. */
export async function responderAt(
  answer: (request: ResponderRequest, response: ServerResponse, number: number) => void = (
    _request,
    out,
  ) => answerWith(out, response()),
): Promise<Responder> {
  const requests: ResponderRequest[] = [];
  const server: Server = createServer((incoming, out) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks) };
      requests.push(request);
      answer(request, out, requests.length);
    });
    out.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return { port: address.port, url: `http://127.0.0.1:${address.port}/ocsp`, requests };
}

/** Answer with octets, called what they are to be. */
export function answerWith(
  out: ServerResponse,
  octets: Uint8Array,
  type = 'application/ocsp-response',
): void {
  out.writeHead(200, { 'content-type': type, 'content-length': octets.length });
  out.end(octets);
}

/** Issue a certificate that names responders. */
export function naming(...urls: readonly string[]): Issued {
  const access = urls.map((value) => ({
    accessMethod: oids.ocsp,
    accessLocation: { type: 'uniformResourceIdentifier', value } as const,
  }));
  return issue({
    subject: 'CN=naming',
    issuer: ca,
    extensions: [extension('authorityInfoAccess', access)],
  });
}

/** Wait until a condition holds, by turns of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
