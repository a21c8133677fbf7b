import { CertError } from '../base/errors.ts';
import type { TlsSettings } from '../http/route.ts';
import { bounded } from './bounded.ts';
import { connectTo } from './connect.ts';
import { loginOf, type Login } from './credentials.ts';
import { broken, refused, serverText, unusable } from './failure.ts';
import { beginSession, type LdapAnswer, type LdapSession } from './ldap-session.ts';
import { parseLdapUrl, type LdapUrl } from './ldap-url.ts';
import { collectOctets } from './octets.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';

type Library = typeof import('ldapts');

/** Result codes that are told apart (RFC 4511 appendix A). */
const result = { success: 0, referral: 10, noSuchObject: 32, insufficientAccess: 50 } as const;

/**
 * Fetch values of attributes by ldap and ldaps, by RFC 4516 URLs: of the first entry that has any the value that is chosen
 * by whoever asks, or the first. Referrals are not followed.
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
  const library = await import('ldapts');
  const search = searchFor(library, wanted);
  const isSecure = scheme === 'ldaps';
  const socket = await connectTo({ host, port, url, limits, signal, ...(isSecure && { tls }) });
  try {
    const session = beginSession(socket, request, () => new library.MessageParser());
    if (login !== undefined) await logIn(library, session, login, url);
    const octets = collectOctets(request);
    octets.add(await session.ask(search, takeValue(library, wanted, request)));
    return octets.take();
  } catch (error) {
    throw error instanceof CertError ? error : broken(url, 'the connection broke', error);
  } finally {
    // Say goodbye, and do not wait for an answer.
    if (socket.writable) socket.write(new library.UnbindRequest({ messageId: 3 }).write());
    socket.destroySoon();
  }
}

async function logIn(
  library: Library,
  session: LdapSession,
  { username, password }: Login,
  url: string,
): Promise<void> {
  const bind = new library.BindRequest({ messageId: 1, dn: username, password });
  const status = await session.ask(bind, (answer) => answer.status);
  if (status === result.success) return;
  // Without its text, which may repeat the password.
  throw refused(
    url,
    `the server refuses user "${username}" (result code ${status})`,
    'Check user and password; the user is a DN',
  );
}

function searchFor(
  library: Library,
  { dn, attribute, scope, filter, server }: LdapUrl,
): InstanceType<Library['SearchRequest']> {
  try {
    return new library.SearchRequest({
      messageId: 2,
      baseDN: dn,
      scope,
      filter: library.FilterParser.parseString(filter),
      attributes: [attribute],
    });
  } catch {
    throw unusable(server.href, 'its filter is malformed', 'Write it as in RFC 4515: "(cn=CA)"');
  }
}

/** Values of one attribute that are looked at: a CA has a CRL for each of its keys, and seldom more than two keys. */
const MAX_VALUES = 16;

/** Take a value, or the reason why there is none. */
function takeValue(
  library: Library,
  { attribute, server }: LdapUrl,
  request: RetrievalRequest,
): (answer: LdapAnswer) => Uint8Array | undefined {
  const { href: url } = server;
  const bare = bareName(attribute);
  let isReferred = false;
  return (answer) => {
    if (answer instanceof library.SearchEntry) {
      // RFC 4512 section 2.5: names have no case; RFC 4522: the value is the same with ";binary" and without.
      const values = answer.attributes
        .flatMap(({ type, parsedBuffers }) => (bareName(type) === bare ? parsedBuffers : []))
        .slice(0, MAX_VALUES);
      return values.length > 1 ? (request.choose?.(values) ?? values[0]) : values[0];
    }
    if (answer instanceof library.SearchReference) {
      isReferred = true;
      return undefined;
    }
    if (answer.status !== result.success) throw noResult(request, answer);
    if (isReferred) throw referred(url);
    throw refused(
      url,
      `no entry with a value of "${attribute}"`,
      'Check DN, attribute and filter of the URL, and what may be read',
    );
  };
}

function bareName(attribute: string): string {
  return attribute.toLowerCase().replace(/;binary$/, '');
}

function bindOf(request: RetrievalRequest): Login | undefined {
  const login = loginOf(request);
  // RFC 4513 section 5.1.2: that would be no authentication, and look like one.
  if (login?.password === '') {
    throw unusable(request.url, 'its password is empty', 'Give a password, or no user');
  }
  return login;
}

function referred(url: string): CertError {
  return refused(
    url,
    'the server refers to another one',
    'Referrals are not followed: give the URL of the server that has the entry',
  );
}

function noResult(request: RetrievalRequest, { status, errorMessage }: LdapAnswer): CertError {
  const { url } = request;
  switch (status) {
    case result.referral:
      return referred(url);
    case result.noSuchObject:
      return refused(url, 'no such entry', 'Check the DN in the URL');
    case result.insufficientAccess:
      return refused(url, 'permission denied', 'Check what the user may read');
    default:
      return refused(
        url,
        `result code ${status}, "${serverText(errorMessage, request)}"`,
        'See the log of the server',
      );
  }
}
