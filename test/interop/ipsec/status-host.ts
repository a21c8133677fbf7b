import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ocspErrorDer } from '../../../src/ca/ocsp-draft.ts';
import type { FarMessage, FarOrder } from './far-server.ts';
import type { Place } from './place.ts';
import type { Making, SceneCa, StatusUrls } from './scene-ca.ts';

/** What is answered at a place, in place of what belongs there. */
export type Fault =
  | { readonly type: 'octets'; readonly body: Uint8Array; readonly contentType?: string }
  | { readonly type: 'status'; readonly code: number }
  /** OCSP responses that nobody signs. */
  | { readonly type: 'tryLater' | 'unauthorized' }
  | { readonly type: 'reset' }
  /** The connection stays open, and nothing comes. */
  | { readonly type: 'silence' }
  /** What belongs there, so many milliseconds later. */
  | { readonly type: 'late'; readonly ms: number }
  /** What belongs there, made otherwise: of another time, for example. */
  | { readonly type: 'of'; readonly making: Making };

/** The host that CRLs and OCSP responses of the scene come from, in the namespace of the CAs. */
export interface StatusHost {
  /** Without a slash at the end. */
  readonly url: string;
  /** Where the status of what a CA issues is, for its certificates. */
  urlsOf(name: string): Required<StatusUrls>;
  /** Have CRLs and responses of a CA: made as they are asked for, so that a revocation is known at once. */
  add(ca: SceneCa): void;
  /** Have one responder for several CAs at a path; what it says of one is spoiled by `PATH#NAME`. */
  addShared(path: string, cas: readonly SceneCa[]): void;
  /** Have something else answered at a path such as `/issuing-b.crl` or `/ocsp/issuing-b`. */
  spoil(path: string, fault: Fault): void;
  /** Everything is as it should be again. */
  mend(): void;
  /** Methods and paths, without a request in them, in order, of all that was asked since `forget`. */
  asked(): readonly string[];
  forget(): void;
  /** Nobody listens until `goUp`: connections are refused. */
  goDown(): Promise<void>;
  goUp(): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** What belongs at a path. */
type Page = (request: Uint8Array, making?: Making) => Promise<Answer>;

const nothing: Answer = { contentType: 'text/plain', body: new Uint8Array() };
const RESPONSE = 'application/ocsp-response';

/** Start it, where nothing else is said on port 8080 of the place's own address. */
export async function openStatusHost(
  place: Place,
  { address = place.address, port = 8080 }: { address?: string; port?: number } = {},
): Promise<StatusHost> {
  const file = join(import.meta.dirname, 'far-server.ts');
  const argv = [file, address, String(port)];
  const server = place.start(process.execPath, argv, { isNode: true });
  const { child } = server;
  const order = (what: FarOrder): void => {
    if (child.connected) child.send(what);
  };
  const told = async (what: FarOrder): Promise<void> => {
    const heard = new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`the status host ended: ${server.log()}`)));
      const listen = ({ type }: FarMessage): void => {
        if (type === 'request') return;
        child.off('message', listen);
        resolve();
      };
      child.on('message', listen);
    });
    order(what);
    await heard;
  };
  const pages = new Map<string, Page>();
  const faults = new Map<string, Fault>();
  let asked: string[] = [];

  const shared = new Map<string, readonly SceneCa[]>();
  /** Requests come in the body, or in the path (RFC 6960 appendix A.1). */
  const requestIn = (path: string, body: Uint8Array): readonly [string, Uint8Array] => {
    const page = [...pages.keys(), ...shared.keys()].find((each) => path.startsWith(`${each}/`));
    if (page === undefined) return [path, body];
    const base64 = decodeURIComponent(path.slice(page.length + 1));
    return [page, new Uint8Array(Buffer.from(base64, 'base64'))];
  };
  /** Which of the pages it is. */
  const named = (path: string, body: Uint8Array): string => {
    const ca = shared.get(path)?.find((one) => one.isAsked(body));
    return ca === undefined ? path : `${path}#${ca.name}`;
  };

  const answer = async (path: string, id: number, body: Uint8Array): Promise<void> => {
    const page = pages.get(path);
    const fault = faults.get(path);
    const send = (status: number, { contentType, body: octets }: Answer): void =>
      order({ type: 'answer', id, status, contentType, body: octets });
    switch (fault?.type) {
      case 'silence':
        return;
      case 'reset':
        return order({ type: 'reset', id });
      case 'status':
        return send(fault.code, nothing);
      case 'tryLater':
      case 'unauthorized':
        return send(200, { contentType: RESPONSE, body: ocspErrorDer(fault.type) });
      case 'octets':
        return send(200, { contentType: 'application/octet-stream', ...fault });
      case 'late':
        await sleep(fault.ms);
        break;
      case 'of':
        return page ? send(200, await page(body, fault.making)) : send(404, nothing);
      case undefined:
        break;
    }
    return page ? send(200, await page(body)) : send(404, nothing);
  };
  child.on('message', (message: FarMessage) => {
    if (message.type !== 'request') return;
    const { id, method } = message;
    const [path, body] = requestIn(message.path, message.body);
    asked.push(`${method} ${path}`);
    answer(named(path, body), id, body).catch(() => order({ type: 'reset', id }));
  });
  await told({ type: 'listen' });
  const url = `http://${address}:${port}`;
  return {
    url,
    urlsOf: (name) => ({ crl: `${url}/${name}.crl`, ocsp: `${url}/ocsp/${name}` }),
    add(ca) {
      pages.set(`/${ca.name}.crl`, async (_request, making) => ({
        contentType: 'application/pkix-crl',
        body: await ca.crl(making),
      }));
      pages.set(`/ocsp/${ca.name}`, async (request, making) => ({
        contentType: RESPONSE,
        body: await ca.respond(request, making),
      }));
    },
    addShared(path, cas) {
      shared.set(path, cas);
      for (const ca of cas) {
        pages.set(`${path}#${ca.name}`, async (request, making) => ({
          contentType: RESPONSE,
          body: await ca.respond(request, making),
        }));
      }
    },
    spoil: (path, fault) => void faults.set(path, fault),
    mend: () => faults.clear(),
    asked: () => asked,
    forget() {
      asked = [];
    },
    goDown: () => told({ type: 'close' }),
    goUp: () => told({ type: 'listen' }),
    async close() {
      if (!server.isRunning()) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}
