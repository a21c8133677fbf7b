import { bytesEqual } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { parseProxyUrl } from '../../http/route.ts';
import type { CaBehaviour, CaProfile, ProxySettings } from '../../settings/ca-profile.ts';
import { presets } from '../../settings/presets.ts';
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
import { assertAnchorsKnown, type AnchorSource } from '../source-trust.ts';
import { sourceName } from '../source.ts';

/** Set up a CA or RA, or replace the profile of the same label. */
export const run: Body<typeof caAddParameters> = async (args, context) => {
  const { log, print } = context;
  checkTogether(args);
  const said = await buildProfile(args, context);
  const secret =
    args.secret === undefined ? undefined : await resolveSecret(args.secret, 'secret', context);
  const proxyPassword =
    args.proxyPassword === undefined
      ? undefined
      : await resolveSecret(args.proxyPassword, 'proxy-password', context);
  const services = await context.services();
  const { store, clock } = services;
  const before = await store.authorities.get(args.label);
  // Kept with the secret, which is of no use without it.
  const reference = said.reference ?? before?.reference;
  const profile = reference === undefined ? said : { ...said, reference };
  for (const der of [...profile.roots, ...profile.cmpRoots, ...profile.intermediates]) {
    const { subject, notAfter } = viewCertificate(der);
    if (notAfter < clock.now()) log.warn(`the certificate of "${subject}" has expired`);
    if (isEndEntity(der)) {
      log.warn(
        `"${subject}" is not marked as a CA (basicConstraints): is it the right certificate?`,
      );
    }
  }
  const both = profile.cmpRoots.find((der) => profile.roots.some((root) => bytesEqual(root, der)));
  if (both) {
    log.warn(
      `"${viewCertificate(both).subject}" is root and cmp-root: whoever has a certificate below it can answer for the CA`,
    );
  }
  const isNew = before === undefined;
  // Kept like the secret when it is not said again, but not for nobody.
  const isForNobody = profile.proxy?.username === undefined;
  await store.authorities.put(profile, secret, isForNobody ? null : proxyPassword);
  if (!isNew) {
    const { deliverAnchors } = await import('../../lifecycle/deliver-anchors.ts');
    await deliverAnchors(services, args.label);
  }
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
  if (args.trustFirstUse && args.preset !== '3gpp') {
    throw new CertError('USAGE_INVALID', 'Cannot use trust-first-use without preset 3gpp', {
      hint: 'Give the root of the CA with root: RFC 9483 section 3.3 forbids to learn it from an answer',
    });
  }
  if (args.root.length === 0 && !args.trustFirstUse) {
    throw new CertError('USAGE_INVALID', 'Cannot add a CA without a root', {
      hint: 'Give the file of its root certificate: root ROOT.pem',
    });
  }
  if (args.proxy === undefined && (args.proxyUser ?? args.proxyPassword) !== undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot use proxy-user or proxy-password without proxy');
  }
  if (args.proxyUser === undefined && args.proxyPassword !== undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot use proxy-password without proxy-user');
  }
  if (args.proxy !== undefined) parseProxyUrl(args.proxy);
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

async function buildProfile(args: Args, context: CommandContext): Promise<CaProfile> {
  const anchors: AnchorSource[] = [];
  const readAll = async (sources: readonly string[], what: string): Promise<Uint8Array[]> => {
    const ders: Uint8Array[] = [];
    for (const text of sources) {
      const source = await readCertificateFile(text, what, context);
      // What is signed by an anchor may come by any way.
      if (what !== 'intermediate') anchors.push({ ...source, what });
      ders.push(...source.ders);
    }
    return ders;
  };
  const server = await readAll(
    args.serverCert === undefined ? [] : [args.serverCert],
    'server-cert',
  );
  const roots = await readAll(args.root, 'root');
  const cmpRoots = await readAll(args.cmpRoot, 'cmp-root');
  const tlsRoots = await readAll(args.tlsRoot, 'tls-root');
  assertAnchorsKnown(anchors, args.rootFingerprint);
  if (server.length > 1) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot use "${sourceName(args.serverCert ?? '')}" as server-cert: there are ${server.length} certificates in it`,
    );
  }
  const [serverCertificate] = server;
  return {
    label: args.label,
    url: args.url,
    roots,
    cmpRoots,
    ...(serverCertificate === undefined ? {} : { serverCertificate }),
    intermediates: await readAll(args.intermediate, 'intermediate'),
    tlsRoots,
    ...(args.reference === undefined ? {} : { reference: args.reference }),
    ...(args.recipient === undefined ? {} : { recipient: args.recipient }),
    ...(args.issuer === undefined ? {} : { issuer: args.issuer }),
    ...(args.expectedSender === undefined ? {} : { expectedSender: args.expectedSender }),
    ...(args.certProfile === undefined ? {} : { certProfile: args.certProfile }),
    ...(args.tlsClientCert === undefined ? {} : { tlsClientCertificate: args.tlsClientCert }),
    ...(args.tlsServerName === undefined ? {} : { tlsServerName: args.tlsServerName }),
    ...(args.proxy === undefined ? {} : { proxy: proxyOf(args.proxy, args.proxyUser) }),
    operationLabels: args.operationLabels,
    ...behaviourOf(args),
  };
}

function proxyOf(url: string, username: string | undefined): ProxySettings {
  return { url, ...(username !== undefined && { username }) };
}

/** The row of the preset, with what was said in place of it. */
function behaviourOf(args: Args): CaBehaviour {
  const usual = presets[args.preset].behaviour;
  const { pbm } = usual;
  return {
    preset: args.preset,
    pvno: args.pvno === undefined ? usual.pvno : args.pvno === 3 ? 3 : 2,
    implicitConfirm: decide(args.implicitConfirm, usual.implicitConfirm),
    protection: args.protection ?? usual.protection,
    pbm: {
      owf: args.pbmOwf ?? pbm.owf,
      mac: args.pbmMac ?? pbm.mac,
      iterationCount: args.pbmIterations ?? pbm.iterationCount,
    },
    rsaSignature: args.rsaSignature ?? usual.rsaSignature,
    macSender: args.macSender ?? usual.macSender,
    signedAnswers: decide(args.signedAnswers, usual.signedAnswers),
    unprotectedErrors: decide(args.unprotectedErrors, usual.unprotectedErrors),
    ignoreKeyUsage: decide(args.ignoreKeyUsage, usual.ignoreKeyUsage),
    lenientErrorNonces: decide(args.lenientErrorNonces, usual.lenientErrorNonces),
    updateExtensions: args.updateExtensions ?? usual.updateExtensions,
    weakProtection: args.weakProtection ?? usual.weakProtection,
    timeToleranceSeconds: args.timeTolerance ?? usual.timeToleranceSeconds,
    transactionDeadlineSeconds: args.deadline ?? usual.transactionDeadlineSeconds,
    minPollSeconds: args.minPoll ?? usual.minPollSeconds,
    connectTimeoutSeconds: args.connectTimeout ?? usual.connectTimeoutSeconds,
    responseTimeoutSeconds: args.responseTimeout ?? usual.responseTimeoutSeconds,
    allowLegacyAlgorithms: args.legacyAlgorithms || usual.allowLegacyAlgorithms,
    trustCapubs: args.trustCapubs || usual.trustCapubs,
    trustFirstUse: args.trustFirstUse || usual.trustFirstUse,
  };
}

function decide(said: 'yes' | 'no' | undefined, otherwise: boolean): boolean {
  return said === undefined ? otherwise : said === 'yes';
}
