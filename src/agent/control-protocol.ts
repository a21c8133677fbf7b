/**
 * What is said on the socket of an agent: HTTP/1.1, `POST /VERSION/REQUEST` with a JSON object or nothing, answered with
 * a JSON object; `{"version", "error": {"code", "message", "hint"}}` with another status than 200 when it could not be done.
 */

/** Raised when an agent could take a request for something else than it means. */
export const controlVersion: number = 1;

const requests = [
  'status',
  'run',
  'notify',
  'reload',
  'compare',
  'stop',
  'tell',
  'validate',
] as const;

/** What a command can ask of a running agent, by path. */
export type ControlRequest = (typeof requests)[number];

/** Tell whether there is such a request. */
export function isControlRequest(what: string): what is ControlRequest {
  return requests.some((each) => each === what);
}

/**
 * What members of the group of the socket may ask for: what commands of theirs print, and what an IKE daemon that runs as
 * somebody else has to know of its peer.
 */
export const groupRequests: ReadonlySet<ControlRequest> = new Set(['tell', 'validate']);

/** What `tell` can be asked that does something, and is written to the audit trail. */
const acts: ReadonlySet<unknown> = new Set(['reload', 'poll']);

/** Tell whether a request does more than say how things are. */
export function isAct({ command }: ControlArguments): boolean {
  return acts.has(command);
}

/** What a request says beside its name; everything in it is to be looked at. */
export type ControlArguments = Readonly<Record<string, unknown>>;

/** A name, a few numbers and switches: a tenth of it would do. */
const maxRequestOctets = 4096;

/** In base64 the 256 KiB that the certificates of a peer may have, and an OCSP response of 40 KiB. */
const maxValidateOctets: number = 400 * 1024;

/** Give the longest request of a kind, in octets. */
export function longestRequest(what: ControlRequest): number {
  return what === 'validate' ? maxValidateOctets : maxRequestOctets;
}

/** More than any answer of an agent. */
export const maxAnswerOctets: number = 4 * 1024 * 1024;
