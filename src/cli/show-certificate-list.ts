import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { KeyRequestRecord } from '../store/entries-contract.ts';
import type { ListedCertificate, Store } from '../store/store.ts';
import { viewRequest } from './certificate-request-view.ts';
import { viewListed, type ListedView } from './certificate-view.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { colourOfExpiry, isExpired } from './expiry.ts';
import type { Json } from './json.ts';
import { listedStates } from './listed-state.ts';
import { printList, type Below } from './print-list.ts';
import { formatDay, type Style } from './render.ts';
import { readStored, whereLooked } from './stored.ts';
import type { Cell } from './table.ts';

/** Which objects to list. */
export type Listing =
  /** Our certificates by name; `full`: CA certificates and keys too. */
  | { readonly type: 'all'; readonly full: boolean }
  /** Those of our certificates that end next, soonest first. */
  | { readonly type: 'expiring'; readonly count: number };

interface Line {
  readonly type: 'CA-local' | 'Pub' | 'Key';
  /** Absent for a key. */
  readonly view?: ListedView;
  readonly name: string;
  readonly dist?: string;
  readonly label: string;
  /** Where one of ours stands; absent where it cannot be told. */
  readonly state?: string;
  readonly isRevoked?: boolean;
  /** PKCS #11 URI of a key in a token. */
  readonly keyUri?: string;
  /** The certificate for this key is yet to come. */
  readonly isWaiting?: true;
}

/** Lines whose columns are as wide as the widest of them needs; later ones find them so. */
const FIRST_BLOCK = 500;

/** Certificates at a time after these: what lives for longer makes the memory of the process grow. */
const PAGE = 20;

/** Print the table TYPE HASH EXPIRES NAME DIST LABEL STATE: one line an object, key and certificate apart. */
export async function showCertificateList(
  listing: Listing,
  context: CommandContext,
): Promise<void> {
  const { style } = context.print;
  const print = (
    blocks: AsyncIterable<readonly Line[]>,
    now: Date,
    below?: () => Promise<Below | undefined>,
  ): Promise<void> =>
    printList(context, blocks, {
      ...(below && { below }),
      key: 'certificates',
      columns: ['TYPE', 'HASH', 'EXPIRES', 'NAME', 'DIST', 'LABEL', 'STATE'].map((title) => ({
        title,
      })),
      row: (line) => cellsOf(line, now, style),
      json: (line) => lineJson(line, now),
      none: () =>
        `There is no certificate${listing.type === 'all' ? '' : ' that is yet to expire'}` +
        `${whereLooked(context)}\n`,
    });
  const isThere = await readStored(context, async ({ store, clock }) => {
    const now = clock.now();
    const below = () => waitingOf(store, context);
    await print(blocksOf(store, listing, now), now, listing.type === 'all' ? below : undefined);
    return true;
  });
  if (isThere === undefined) await print(nothing(), new Date(0));
}

async function* nothing(): AsyncGenerator<never> {}

async function* blocksOf(
  store: Store,
  listing: Listing,
  now: Date,
): AsyncGenerator<readonly Line[]> {
  const stateOf = await listedStates(store, now);
  if (listing.type === 'expiring') {
    const next = await store.certificates.expiring(listing.count, now);
    const lines: Line[] = [];
    for (const record of next) lines.push(await publicLine(record, stateOf));
    yield lines;
    return;
  }
  const { full } = listing;
  if (full) yield await caLines(store);
  let block: Line[] = [];
  let least = FIRST_BLOCK;
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: readonly ListedCertificate[] = await store.certificates.page(after, PAGE);
    for (const record of page) {
      const line = await publicLine(record, stateOf);
      block.push(line);
      if (full && record.keyId !== undefined) block.push(keyLine(record, line.name));
    }
    after = page.length < PAGE ? undefined : page.at(-1)?.name;
    if (block.length < least && after !== undefined) continue;
    yield block;
    block = [];
    least = PAGE;
  }
  if (full) yield (await store.keyRequests.list()).map(waitingLine);
}

/** The requests whose certificates are yet to be imported: no row of the table, for there is no certificate. */
async function waitingOf(
  { keyRequests }: Store,
  { globals }: Pick<CommandContext, 'globals'>,
): Promise<Below | undefined> {
  const names = (await keyRequests.list()).map(({ name }) => name);
  const [first] = names;
  if (first === undefined) return undefined;
  const see = commandLine(['show', 'cert', first], globals);
  return {
    key: 'waitingForImport',
    items: names,
    line: `Waiting for import: ${names.join(', ')} (${see})`,
  };
}

/** The CA certificates of the CA profiles, then those that have a label of their own. */
async function caLines(store: Store): Promise<readonly Line[]> {
  const profiles = await store.authorities.list();
  const labelled = await store.caCertificates.list();
  return [
    ...profiles.flatMap(({ label, roots, intermediates }) =>
      [...roots, ...intermediates].map((der) => ({ label, der })),
    ),
    ...labelled,
  ].map(({ label, der }) => {
    const view = viewListed(der, label);
    return { type: 'CA-local', view, name: view.shortName, dist: 'import', label };
  });
}

async function publicLine(
  record: Pick<ListedCertificate, 'name' | 'der' | 'source' | 'status'>,
  stateOf: Awaited<ReturnType<typeof listedStates>>,
): Promise<Line> {
  const { name, der, source, status } = record;
  const view = viewListed(der, name);
  const state = await stateOf(record, view);
  const isRevoked = status === 'revoked';
  const line = { type: 'Pub', view, name: view.shortName, dist: source, label: name } as const;
  return { ...line, isRevoked, ...(state !== undefined && { state }) };
}

function keyLine({ name: label, tokenUri }: ListedCertificate, name: string): Line {
  return { type: 'Key', name, label, ...(tokenUri !== undefined && { keyUri: tokenUri }) };
}

function waitingLine({ name: label, request }: KeyRequestRecord): Line {
  return { type: 'Key', name: requestedName(request) ?? label, label, isWaiting: true };
}

function requestedName(request: Uint8Array): string | undefined {
  try {
    return viewRequest(request).shortName;
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}

function cellsOf(line: Line, now: Date, style: Style): readonly Cell[] {
  const { type, view, name, dist = 'N/A', label } = line;
  if (view === undefined) return [type, 'N/A', 'N/A', name, dist, label, ''];
  const expiry = expiryCell(line, view, now, style);
  return [type, view.sha256.slice(0, 8), expiry, name, dist, label, line.state ?? ''];
}

function expiryCell({ isRevoked }: Line, view: ListedView, now: Date, style: Style): Cell {
  if (isRevoked === true) return { text: 'revoked', paint: style.bad };
  const paint = colourOfExpiry(view, now, style);
  if (view.notAfter === undefined) return { text: 'unreadable', paint };
  return { text: isExpired(view, now) ? 'expired' : formatDay(view.notAfter), paint };
}

function lineJson(
  { type, view, name, dist, label, state, isRevoked, keyUri, isWaiting }: Line,
  now: Date,
): { readonly [key: string]: Json | undefined } {
  return {
    type,
    hash: view?.sha256.slice(0, 8),
    sha256: view?.sha256,
    notAfter: view?.notAfter && formatTime(view.notAfter),
    name,
    dist,
    label,
    state,
    revoked: isRevoked,
    expired: view && isExpired(view, now),
    keyUri,
    waiting: isWaiting,
  };
}
