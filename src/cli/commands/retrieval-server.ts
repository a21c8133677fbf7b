import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import {
  assertUseful,
  originOf,
  putServer,
  type RetrievalServer,
} from '../../lifecycle/retrieval-servers.ts';
import { parseServerUrl, schemeOf } from '../../retrieval/url.ts';
import { wayOf } from '../../retrieval/way.ts';
import { readCertificateFile } from '../certificate-file.ts';
import type { Body, CommandContext } from '../command.ts';
import { readInputFile } from '../files.ts';
import type { ArgsOf } from '../parameter.ts';
import type { retrievalServerParameters } from '../parameters-retrieval.ts';
import type { SecretSource } from '../secret.ts';
import { assertAnchorsKnown, type AnchorSource } from '../source-trust.ts';

type Args = ArgsOf<typeof retrievalServerParameters>;

/** Set who we are at a server, and whom to believe there. */
export const run: Body<typeof retrievalServerParameters> = async (args, context) => {
  const origin = serverOrigin(args.server);
  const server: RetrievalServer = {
    origin,
    ...(args.user !== undefined && { username: args.user }),
    ...(args.password && { passwordSource: keptSource(args.password, 'password') }),
    ...(args.keyFile !== undefined && { keySource: `file:${resolve(args.keyFile)}` }),
    ...(args.keyPassword && { passphraseSource: keptSource(args.keyPassword, 'key-password') }),
    fingerprints: args.hostKey,
    ...(args.knownHosts !== undefined && { knownHosts: resolve(args.knownHosts) }),
    tlsRoots: await tlsRootsOf(args, context),
  };
  assertUseful(server);
  // What is not there is said now, and not at the first file.
  for (const [what, path] of [
    ['key-file', args.keyFile],
    ['known-hosts', args.knownHosts],
  ] as const) {
    if (path !== undefined) await readInputFile(path, what, context.io);
  }
  if (args.password && wayOf(schemeOf(origin)) === 'open') {
    context.log.warn(`the password goes to ${origin} unencrypted: anybody on the way can read it`);
  }
  const { store } = await context.services();
  await putServer(store, server);
  context.print.done({ server: origin, user: args.user }, `Server "${origin}" is set up`);
  return 0;
};

/**
 * Take the URL of a server, without a path.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function serverOrigin(text: string): string {
  const { rest, scheme } = parseServerUrl(text);
  if (rest === '' || rest === '/') return originOf(text);
  throw new CertError('CONFIG_INVALID', `Cannot use "${text}" as server: it has a path`, {
    hint: `What is set holds for all files of a server: ${scheme}://HOST or ${scheme}://HOST:PORT`,
  });
}

/** Write down where a secret is to be taken from, without the secret. */
function keptSource(source: SecretSource, what: string): string {
  if (source.kind === 'file' && source.path !== '-') return `file:${resolve(source.path)}`;
  if (source.kind === 'env' || source.kind === 'cred') return `${source.kind}:${source.name}`;
  if (source.kind === 'prompt') return 'prompt';
  throw new CertError(
    'USAGE_INVALID',
    `Cannot keep the ${what}: only where it comes from is stored`,
    {
      hint: 'Put it into a file of mode 0600 and give file:PATH, or give env:NAME, cred:NAME or prompt',
    },
  );
}

async function tlsRootsOf(
  { tlsRoot, rootFingerprint }: Args,
  context: CommandContext,
): Promise<readonly Uint8Array[]> {
  const sources: AnchorSource[] = [];
  for (const text of tlsRoot) {
    sources.push({ ...(await readCertificateFile(text, 'tls-root', context)), what: 'tls-root' });
  }
  assertAnchorsKnown(sources, rootFingerprint);
  return sources.flatMap(({ ders }) => ders);
}
