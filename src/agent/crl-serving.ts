import type { IncomingMessage, ServerResponse } from 'node:http';
import { crlPathPrefix } from '../lifecycle/ipsec-large-crls.ts';
import type { ResponderConnections } from './responder-connections.ts';
import type { ServedCrl } from './served-crls.ts';

/** Where CRLs come from, and what time it is. */
export interface CrlSource {
  /** @returns undefined when there is none for whoever asks */
  crl(place: string): Promise<ServedCrl | undefined>;
  now(): Date;
}

/** One that says of itself no end is kept by caches for this long. */
const ENDLESS_SECONDS = 60;

/** Charon has 16 threads. Whoever takes the octets slowly makes room for others. */
const MAX_TRANSFERS = 64;

/** How CRLs are served; one for each server. */
export interface CrlServing {
  /** Tell whether that is what a request is about: a path of ours, or what a proxy is asked for. */
  isFor(request: IncomingMessage): boolean;
  /** Answer it. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/**
 * Serve CRLs by GET and HEAD, under paths of our own, and at their own URLs to whoever takes us for a proxy: for CAs where
 * charon looks nowhere but there. As a proxy it goes nowhere for anybody, it has a CRL or not.
 */
export function crlServing(source: CrlSource, connections: ResponderConnections): CrlServing {
  const transfers = new Set<ServerResponse>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = '', headers } = request;
    request.resume();
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const ended = connections.begin(request.socket);
    if (ended === undefined) return without(response, 503);
    response.on('close', ended);
    const crl = await source.crl(url);
    if (crl === undefined) return without(response, 404);
    const caching = cachingOf(crl, source.now());
    if (namesTag(headers['if-none-match'], crl.etag)) {
      response.writeHead(304, caching).end();
      return;
    }
    const { length } = crl.der;
    response.writeHead(200, {
      'content-type': 'application/pkix-crl',
      'content-length': length,
      ...caching,
    });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    begin(response);
    // The same octets for all: they are not copied.
    response.end(crl.der);
  };

  const begin = (response: ServerResponse): void => {
    const [oldest] = transfers;
    if (transfers.size >= MAX_TRANSFERS) oldest?.destroy();
    transfers.add(response);
    response.on('close', () => transfers.delete(response));
  };

  return {
    isFor: ({ method, url = '' }) =>
      url.startsWith(crlPathPrefix) || (method !== 'POST' && /^http:\/\//i.test(url)),
    async serve(request, response) {
      try {
        await answer(request, response);
      } catch {
        // Whoever asked has gone, or the store cannot be read.
        if (response.headersSent) response.destroy();
        else without(response, 500);
      }
    },
  };
}

function without(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'cache-control': 'no-store', 'content-length': 0 }).end();
}

function cachingOf(
  { etag, thisUpdate, nextUpdate }: ServedCrl,
  now: Date,
): Readonly<Record<string, string>> {
  const left = nextUpdate && Math.floor((nextUpdate.getTime() - now.getTime()) / 1000);
  const seconds = Math.max(0, left ?? ENDLESS_SECONDS);
  return {
    etag,
    'last-modified': thisUpdate.toUTCString(),
    ...(nextUpdate && { expires: nextUpdate.toUTCString() }),
    'cache-control': `max-age=${seconds}, public, no-transform, must-revalidate`,
  };
}

function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
}
