import type { CaBehaviour, CaProfile } from '../settings/ca-profile.ts';
import { presets } from '../settings/presets.ts';
import type { Words } from './entry.ts';
import { formatDuration } from './leaves.ts';
import { fingerprints } from './places.ts';

/** Write a profile in the words of the file: what its preset has anyhow is left out. */
export function wordsOfProfile(profile: CaProfile): Words {
  const usual = behaviourWords({
    ...presets[profile.preset].behaviour,
    preset: 'rfc9483',
  });
  const { serverCertificate } = profile;
  const said = Object.entries(behaviourWords(profile)).filter(
    ([key, value]) => usual[key] !== value,
  );
  return {
    url: profile.url,
    ...Object.fromEntries(said),
    root: listed(profile.roots),
    'cmp-root': listed(profile.cmpRoots),
    'server-cert': serverCertificate && fingerprints([serverCertificate])[0],
    intermediate: listed(profile.intermediates),
    'tls-root': listed(profile.tlsRoots),
    reference: profile.reference,
    recipient: profile.recipient,
    issuer: profile.issuer,
    'expected-sender': profile.expectedSender,
    'cert-profile': profile.certProfile,
    'operation-labels': profile.operationLabels ? true : undefined,
    'tls-client-cert': profile.tlsClientCertificate,
    'tls-server-name': profile.tlsServerName,
    proxy: profile.proxy?.url,
    'proxy-user': profile.proxy?.username,
  };
}

function listed(ders: readonly Uint8Array[]): readonly string[] | undefined {
  return ders.length === 0 ? undefined : fingerprints(ders);
}

function behaviourWords(behaviour: CaBehaviour): Words {
  return {
    preset: behaviour.preset,
    pvno: behaviour.pvno,
    'implicit-confirm': behaviour.implicitConfirm,
    protection: behaviour.protection,
    'pbm-owf': behaviour.pbm.owf,
    'pbm-mac': behaviour.pbm.mac,
    'pbm-iterations': behaviour.pbm.iterationCount,
    'rsa-signature': behaviour.rsaSignature,
    'mac-sender': behaviour.macSender,
    'signed-answers': behaviour.signedAnswers,
    'unprotected-errors': behaviour.unprotectedErrors,
    'ignore-key-usage': behaviour.ignoreKeyUsage,
    'lenient-error-nonces': behaviour.lenientErrorNonces,
    'update-extensions': behaviour.updateExtensions,
    'weak-protection': behaviour.weakProtection,
    'time-tolerance': formatDuration(behaviour.timeToleranceSeconds),
    deadline: formatDuration(behaviour.transactionDeadlineSeconds),
    'min-poll': formatDuration(behaviour.minPollSeconds),
    'connect-timeout': formatDuration(behaviour.connectTimeoutSeconds),
    'response-timeout': formatDuration(behaviour.responseTimeoutSeconds),
    'legacy-algorithms': behaviour.allowLegacyAlgorithms,
    'trust-capubs': behaviour.trustCapubs,
    'trust-first-use': behaviour.trustFirstUse,
  };
}
