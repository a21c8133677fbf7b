import type { CaProfile } from '../settings/ca-profile.ts';
import type { KeptBeside } from '../store/authorities-contract.ts';
import { viewCertificate } from './certificate-view.ts';
import type { Json } from './json.ts';
import { formatTime } from '../base/format-time.ts';
import { formatDuration } from './render.ts';
import type { Cell } from './table.ts';

/** Show a CA profile as JSON; names and durations as `ca add` takes them. */
export function caJson(profile: CaProfile): { readonly [key: string]: Json | undefined } {
  const { label, url, reference, recipient, issuer, expectedSender, implicitConfirm } = profile;
  return {
    label,
    url,
    roots: profile.roots.map(certificateJson),
    cmpRoots: profile.cmpRoots.map(certificateJson),
    serverCertificate:
      profile.serverCertificate === undefined
        ? undefined
        : certificateJson(profile.serverCertificate),
    intermediates: profile.intermediates.map(certificateJson),
    reference,
    recipient,
    issuer,
    expectedSender,
    certProfile: profile.certProfile,
    preset: profile.preset,
    pvno: profile.pvno,
    implicitConfirm,
    protection: profile.protection,
    pbm: { ...profile.pbm },
    rsaSignature: profile.rsaSignature,
    macSender: profile.macSender,
    signedAnswers: profile.signedAnswers,
    unprotectedErrors: profile.unprotectedErrors,
    ignoreKeyUsage: profile.ignoreKeyUsage,
    lenientErrorNonces: profile.lenientErrorNonces,
    updateExtensions: profile.updateExtensions,
    weakProtection: profile.weakProtection,
    timeToleranceSeconds: profile.timeToleranceSeconds,
    transactionDeadlineSeconds: profile.transactionDeadlineSeconds,
    minPollSeconds: profile.minPollSeconds,
    connectTimeoutSeconds: profile.connectTimeoutSeconds,
    responseTimeoutSeconds: profile.responseTimeoutSeconds,
    allowLegacyAlgorithms: profile.allowLegacyAlgorithms,
    trustCapubs: profile.trustCapubs,
    trustFirstUse: profile.trustFirstUse,
    operationLabels: profile.operationLabels,
    tlsRoots: profile.tlsRoots.map(certificateJson),
    tlsClientCertificate: profile.tlsClientCertificate,
    tlsServerName: profile.tlsServerName,
    proxy: profile.proxy && { ...profile.proxy },
  };
}

/** Show a CA profile as names and values, in the words of `ca add`. */
export function caFields(profile: CaProfile): readonly (readonly [string, Cell | undefined])[] {
  const { pbm, serverCertificate } = profile;
  return [
    ['label', profile.label],
    ['url', profile.url],
    ...certificateFields('root', profile.roots),
    ...certificateFields('cmp-root', profile.cmpRoots),
    ...certificateFields('server-cert', serverCertificate === undefined ? [] : [serverCertificate]),
    ...certificateFields('intermediate', profile.intermediates),
    ['reference', profile.reference],
    ['recipient', profile.recipient],
    ['issuer', profile.issuer],
    ['expected-sender', profile.expectedSender],
    ['cert-profile', profile.certProfile],
    ['preset', profile.preset],
    ['implicit-confirm', yesOrNo(profile.implicitConfirm)],
    ['protection', profile.protection],
    ['pbm-owf', pbm.owf],
    ['pbm-mac', pbm.mac],
    ['pbm-iterations', String(pbm.iterationCount)],
    ['rsa-signature', profile.rsaSignature],
    ['mac-sender', profile.macSender],
    ['signed-answers', yesOrNo(profile.signedAnswers)],
    ['unprotected-errors', yesOrNo(profile.unprotectedErrors)],
    ['ignore-key-usage', yesOrNo(profile.ignoreKeyUsage)],
    ['lenient-error-nonces', yesOrNo(profile.lenientErrorNonces)],
    ['update-extensions', profile.updateExtensions],
    ['weak-protection', profile.weakProtection],
    ['pvno', String(profile.pvno)],
    ['time-tolerance', formatDuration(profile.timeToleranceSeconds)],
    ['deadline', formatDuration(profile.transactionDeadlineSeconds)],
    ['min-poll', formatDuration(profile.minPollSeconds)],
    ['connect-timeout', formatDuration(profile.connectTimeoutSeconds)],
    ['response-timeout', formatDuration(profile.responseTimeoutSeconds)],
    ['legacy-algorithms', profile.allowLegacyAlgorithms ? 'yes' : undefined],
    ['trust-capubs', profile.trustCapubs ? 'yes' : undefined],
    ['trust-first-use', profile.trustFirstUse ? 'yes' : undefined],
    ['operation-labels', profile.operationLabels ? 'yes' : undefined],
    ...certificateFields('tls-root', profile.tlsRoots),
    ['tls-client-cert', profile.tlsClientCertificate],
    ['tls-server-name', profile.tlsServerName],
    ['proxy', profile.proxy?.url],
    ['proxy-user', profile.proxy?.username],
  ];
}

/** Show as JSON what is kept beside a CA profile: that it is, and nothing of it. */
export function keptJson(kept: KeptBeside): { readonly [key: string]: Json } {
  return {
    secret: storedOrNone(kept.secret),
    proxyPassword: storedOrNone(kept.proxyPassword),
    requestTemplate: storedOrNone(kept.requestTemplate),
  };
}

/** Show what is kept beside a CA profile: that it is, and nothing of it. */
export function keptFields(kept: KeptBeside): readonly (readonly [string, string])[] {
  return [
    ['secret', storedOrNone(kept.secret)],
    ['proxy-password', storedOrNone(kept.proxyPassword)],
    ['request template', storedOrNone(kept.requestTemplate)],
  ];
}

function storedOrNone(is: boolean): 'stored' | 'none' {
  return is ? 'stored' : 'none';
}

function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'no';
}

function certificateFields(
  word: string,
  ders: readonly Uint8Array[],
): readonly (readonly [string, string])[] {
  return ders.map((der) => {
    const { subject, notAfter, sha256 } = viewCertificate(der);
    return [word, `${subject}, until ${formatTime(notAfter)}, SHA-256 ${sha256}`];
  });
}

function certificateJson(der: Uint8Array): Json {
  const { subject, notAfter, sha256 } = viewCertificate(der);
  return { subject, notAfter: formatTime(notAfter), sha256 };
}
