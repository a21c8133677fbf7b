import type { Socket } from 'node:net';
import type { Client, Entry } from 'ldapts';
import { CertError } from '../base/errors.ts';
import type { TlsSettings } from '../http/route.ts';
import { bounded } from './bounded.ts';
import { connectTo } from './connect.ts';
import { loginOf, type Login } from './credentials.ts';
import { broken, refused, serverText, tooLarge, unusable } from './failure.ts';
import { parseLdapUrl, type LdapUrl } from './ldap-url.ts';
import { collectOctets } from './octets.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';

/** What an answer may have beside the value: DN, names, and an error text. */
const MAX_FRAME_OCTETS = 65_536;

/** The first octet of every LDAPMessage: SEQUENCE (RFC 4511 section 4.1.1). */
const SEQUENCE = 0x30;

/**
 * Fetch values of attributes by ldap and ldaps, by RFC 4516 URLs: the first value of the first entry that has any.
 * Referrals are not followed.
 *
 * @param tls whom to believe, of ldaps
 */
export function ldapRetriever(tls: TlsSettings = {}): Retriever {
  return {
    retrieve: async (request) =>
      await bounded(request, async (signal) => await lookUp(request, tls, signal)),
  };
}

async function lookUp(
  request: RetrievalRequest,
  tls: TlsSettings,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, limits } = request;
  const wanted = parseLdapUrl(url);
  const { host, port, scheme } = wanted.server;
  const login = bindOf(request);
  const { Client: LdapClient, FilterParser } = await import('ldapts');
  try {
    FilterParser.parseString(wanted.filter);
  } catch {
    throw unusable(url, 'its filter is malformed', 'Write it as in RFC 4515: "(cn=Issuing CA)"');
  }
  const socket = await connectTo({
    host,
    port,
    url,
    limits,
    signal,
    ...(scheme === 'ldaps' && { tls }),
  });
  let failure: CertError | undefined;
  const client = new LdapClient({
    // TLS is there already, if it is to be: to the library every connection is a plain one.
    url: 'ldap://localhost',
    createConnection: () => {
      watchOver(socket, request, (error) => (failure ??= error));
      return socket;
    },
  });
  try {
    if (login !== undefined) await logIn(client, login, url);
    const octets = collectOctets(request);
    octets.add(await valueOf(client, wanted, url));
    return octets.take();
  } catch (error) {
    throw failure ?? (error instanceof CertError ? error : ldapError(error, url));
  } finally {
    // Say goodbye, and do not wait for an answer.
    client.unbind().catch(() => {});
    socket.destroySoon();
  }
}

/** Cut the connection when more comes than the file may have: the library would hold all of it. */
function watchOver(
  socket: Socket,
  request: RetrievalRequest,
  fail: (error: CertError) => void,
): void {
  let count = 0;
  socket.on('data', (chunk: Uint8Array) => {
    const isLdap = count > 0 || chunk[0] === SEQUENCE;
    count += chunk.length;
    const isTooMuch = count > request.limits.maxBytes + MAX_FRAME_OCTETS;
    if (isLdap && !isTooMuch) return;
    fail(isLdap ? tooLarge(request) : broken(request.url, 'what answers does not speak LDAP'));
    socket.destroy();
  });
}

async function logIn(client: Client, { username, password }: Login, url: string): Promise<void> {
  try {
    await client.bind(username, password);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    // Without its text, which may repeat the password.
    throw refused(
      url,
      `the server refuses user "${username}" (result code ${codeOf(error)})`,
      'Check user and password; the user is a DN',
    );
  }
}

async function valueOf(
  client: Client,
  { dn, attribute, scope, filter }: LdapUrl,
  url: string,
): Promise<Uint8Array> {
  const bare = attribute.replace(/;binary$/i, '');
  let names = [attribute, bare, `${bare};binary`];
  for (;;) {
    const { searchEntries, searchReferences } = await client.search(dn, {
      scope,
      filter,
      attributes: [attribute],
      explicitBufferAttributes: names,
    });
    const found = searchEntries.flatMap((entry) => namedValues(entry, bare))[0];
    if (found === undefined) {
      if (searchReferences.length > 0) throw referred(url);
      throw refused(
        url,
        `no entry with a value of "${attribute}"`,
        'Check DN, attribute and filter of the URL, and what may be read',
      );
    }
    if (typeof found.value !== 'string') return found.value;
    // The server writes the name in another case, and the library made text of the value: ask with that name.
    if (names.includes(found.name)) throw broken(url, 'the value is text');
    names = [found.name];
  }
}

/** Values of an attribute, whatever the case of its name, and with ";binary" or without (RFC 4522). */
function namedValues(
  entry: Entry,
  bare: string,
): readonly { readonly name: string; readonly value: Uint8Array | string }[] {
  return Object.entries(entry)
    .filter(([name]) => name.replace(/;binary$/i, '').toLowerCase() === bare.toLowerCase())
    .flatMap(([name, values]) => [values].flat().map((value) => ({ name, value })));
}

function bindOf(request: RetrievalRequest): Login | undefined {
  const login = loginOf(request);
  // RFC 4513 section 5.1.2: that would be no authentication, and look like one.
  if (login?.password === '') {
    throw unusable(request.url, 'its password is empty', 'Give a password, or no user');
  }
  return login;
}

/** The result code (RFC 4511 appendix A) of an answer that says no, when the error is one. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

function referred(url: string): CertError {
  return refused(
    url,
    'the server refers to another one',
    'Referrals are not followed: give the URL of the server that has the entry',
  );
}

function ldapError(error: unknown, url: string): CertError {
  const code = codeOf(error);
  const text = serverText(error instanceof Error ? error.message : String(error));
  switch (code) {
    case undefined:
      return broken(url, text, error);
    case 10:
      return referred(url);
    case 32:
      return refused(url, 'no such entry', 'Check the DN in the URL');
    case 50:
      return refused(url, 'permission denied', 'Check what the user may read');
    default:
      return refused(url, `result code ${code}, "${text}"`, 'See the log of the server');
  }
}
