import { CertError } from '../../base/errors.ts';
import type { CaProfile } from '../../settings/ca-profile.ts';
import { decodeCertificate } from '../../x509/certificate.ts';
import { extensionValue } from '../../x509/extension-values.ts';
import { parseName } from '../../x509/name-text.ts';
import { caJson } from '../ca-view.ts';
import { readCertificateFile } from '../certificate-file.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { caAddParameters } from '../parameters-ca.ts';
import { resolveSecret } from '../secret.ts';

/** Set up a CA or RA, or replace the profile of the same label. */
export const run: Body<typeof caAddParameters> = async (args, context) => {
  const { log, print } = context;
  checkTogether(args);
  const profile = await buildProfile(args, context);
  const secret =
    args.secret === undefined ? undefined : await resolveSecret(args.secret, 'secret', context);
  const { store, clock } = await context.services();
  for (const der of [...profile.roots, ...profile.cmpRoots, ...profile.intermediates]) {
    const { subject, notAfter } = viewCertificate(der);
    if (notAfter < clock.now()) log.warn(`the certificate of "${subject}" has expired`);
    if (isEndEntity(der)) {
      log.warn(
        `"${subject}" is not marked as a CA (basicConstraints): is it the right certificate?`,
      );
    }
  }
  const isNew = (await store.authorities.get(args.label)) === undefined;
  await store.authorities.put(profile, secret);
  print.done(
    { ca: caJson(profile), replaced: !isNew },
    `CA profile "${args.label}" is ${isNew ? 'added' : 'replaced'}`,
  );
  return 0;
};

type Args = ArgsOf<typeof caAddParameters>;

/** A certificate of X.509 version 1 says nothing, and old roots are of that version. */
function isEndEntity(der: Uint8Array): boolean {
  const { version, extensions } = decodeCertificate(der).tbsCertificate;
  return version === 2 && extensionValue(extensions, 'basicConstraints')?.cA !== true;
}

function checkTogether(args: Args): void {
  if (args.pbmOwf === 'sha1' && !args.legacyAlgorithms) {
    throw new CertError('USAGE_INVALID', 'Cannot use "sha1" as pbm-owf: it is broken', {
      hint: 'Use sha256, or add legacy-algorithms if this CA has nothing better',
    });
  }
  for (const [word, name] of [
    ['recipient', args.recipient],
    ['issuer', args.issuer],
    ['expected-sender', args.expectedSender],
  ] as const) {
    if (name !== undefined && parseName(name).rdns.length === 0) {
      throw new CertError('DN_INVALID', `Cannot use "${name}" as ${word}: it names nothing`);
    }
  }
}

async function buildProfile(args: Args, { io }: CommandContext): Promise<CaProfile> {
  const readAll = async (paths: readonly string[], what: string): Promise<Uint8Array[]> => {
    const ders: Uint8Array[] = [];
    for (const path of paths) ders.push(...(await readCertificateFile(path, what, io)));
    return ders;
  };
  const server = await readAll(
    args.serverCert === undefined ? [] : [args.serverCert],
    'server-cert',
  );
  if (server.length > 1) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot use "${args.serverCert ?? ''}" as server-cert: there are ${server.length} certificates in it`,
    );
  }
  const [serverCertificate] = server;
  return {
    label: args.label,
    url: args.url,
    roots: await readAll(args.root, 'root'),
    cmpRoots: await readAll(args.cmpRoot, 'cmp-root'),
    ...(serverCertificate === undefined ? {} : { serverCertificate }),
    intermediates: await readAll(args.intermediate, 'intermediate'),
    ...(args.reference === undefined ? {} : { reference: args.reference }),
    ...(args.recipient === undefined ? {} : { recipient: args.recipient }),
    ...(args.issuer === undefined ? {} : { issuer: args.issuer }),
    ...(args.expectedSender === undefined ? {} : { expectedSender: args.expectedSender }),
    implicitConfirm: args.implicitConfirm === 'yes',
    protection: args.protection,
    pbm: { owf: args.pbmOwf, mac: args.pbmMac, iterationCount: args.pbmIterations },
    timeToleranceSeconds: args.timeTolerance,
    transactionDeadlineSeconds: args.deadline,
    minPollSeconds: args.minPoll,
    connectTimeoutSeconds: args.connectTimeout,
    responseTimeoutSeconds: args.responseTimeout,
    allowLegacyAlgorithms: args.legacyAlgorithms,
    trustCapubs: args.trustCapubs,
  };
}
