import { concatBytes, toHex } from '../base/bytes.ts';
import { readable } from '../base/readable.ts';
import type { Label } from '../base/label.ts';
import { digest } from '../crypto/digest.ts';
import { judgeNode } from '../lifecycle/judge-node.ts';
import { serveCertificate, type ServingContext } from '../lifecycle/serve-certificate.ts';
import { encodeFetchAnswer } from '../sharing/fetch-answer.ts';
import { decodeFetchRequest, MAX_FETCH_REQUEST_OCTETS } from '../sharing/fetch-request.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';

/** What other nodes are answered with. */
export interface NodeContext extends ServingContext {
  /** CA profile that the certificates of nodes lead to. */
  readonly ca: Label;
  /** Count a request of a node. @returns whether it is not too many */
  count(node: string): boolean;
}

/** One request, after TLS. */
export interface NodeRequest {
  /** For the log. */
  readonly address: string;
  /** DER of the certificate that the node showed. */
  readonly shown: Uint8Array;
  /** Method and path. */
  readonly what: string;
  readonly body: AsyncIterable<unknown>;
}

/** What it is answered. */
export type Answer =
  | { readonly status: 200; readonly der: Uint8Array }
  | { readonly status: 400 | 403 | 404 | 413 | 429 | 500; readonly text: string };

/**
 * Answer another node, which TLS has let in. How often it has asked comes first; then what it asks is read, for with that
 * comes what its certificate is judged by again. Why something is refused is for the log here: the other side learns no
 * more than that it is.
 */
export async function answerNode(context: NodeContext, request: NodeRequest): Promise<Answer> {
  const { log } = context;
  try {
    return await judged(context, request);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn(`an agent at ${request.address} could not be answered: ${why}`);
    return { status: 500, text: 'Not now' };
  }
}

async function judged(context: NodeContext, request: NodeRequest): Promise<Answer> {
  const { store, ca, clock, count } = context;
  const node = readable(() => decodeCertificate(request.shown));
  if (node === undefined) return { status: 403, text: 'Not you' };
  if (!count(toHex(digest('sha256', request.shown)))) return { status: 429, text: 'Too often' };
  if (request.what !== 'POST /fetch') return { status: 404, text: 'There is POST /fetch' };
  const octets = await bodyOf(request.body);
  if (octets === undefined) return { status: 413, text: 'Too long' };
  const asked = readable(() => decodeFetchRequest(octets));
  if (asked === undefined) return { status: 400, text: 'No request' };
  const why = await judgeNode(store, ca, [node, ...asked.chain], clock.now());
  if (why !== undefined) {
    sayRefused(context, request, node, why);
    return { status: 403, text: 'Not you' };
  }
  const result = await serveCertificate(context, { asked, node, ca });
  if (result.type !== 'not served') return { status: 200, der: encodeFetchAnswer(result) };
  sayRefused(context, request, node, `"${asked.name}" is not served to it`);
  return { status: 403, text: 'Not served to you' };
}

function sayRefused(
  { log }: NodeContext,
  { address }: NodeRequest,
  { tbsCertificate }: Certificate,
  why: string,
): void {
  log.warn(`an agent at ${address}, ${quoteName(tbsCertificate.subject)}, is refused: ${why}`);
}

/** As much as is read of something too long, so as to be able to say that it is. */
const maxDroppedOctets: number = 4 * MAX_FETCH_REQUEST_OCTETS;

/** @returns undefined when there is more of it than any request has */
async function bodyOf(body: AsyncIterable<unknown>): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    if (!(part instanceof Uint8Array)) continue;
    length += part.length;
    if (length <= MAX_FETCH_REQUEST_OCTETS) parts.push(part);
    // Who leaves now cuts the connection, and cannot say why.
    else if (length > maxDroppedOctets) return undefined;
  }
  return length > MAX_FETCH_REQUEST_OCTETS ? undefined : concatBytes(...parts);
}
