import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { parseProxyUrl } from '../http/route.ts';
import type { CaBehaviour, CaPlace, CaProfile } from '../settings/ca-profile.ts';
import { presets } from '../settings/presets.ts';
import { parseName } from '../x509/name-text.ts';
import type { ConfigContext } from './entry.ts';
import { certificatesIn, faultOf } from './places.ts';
import type { CaWords } from './words-ca.ts';

/**
 * Make a profile of what the file says. Without `root` its anchors stay those that are stored; where the CA may bring
 * anchors itself, those that are stored stay beside the ones named: nobody could tell which it brought.
 *
 * @param before the profile that is stored
 */
export async function caProfileOf(
  context: ConfigContext,
  label: Label,
  words: CaWords,
  before: CaProfile | undefined,
): Promise<CaProfile> {
  const read = (
    key: 'root' | 'cmp-root' | 'intermediate' | 'tls-root',
    known: readonly Uint8Array[] = [],
  ): Promise<readonly Uint8Array[]> =>
    certificatesIn(context, words[key] ?? [], known, ['ca', label, key]);
  const behaviour = behaviourOf(words);
  const named = await read('root', before?.roots);
  const learns = behaviour.trustCapubs || behaviour.trustFirstUse;
  const kept = words.root === undefined || learns ? (before?.roots ?? []) : [];
  const roots = [...named, ...kept.filter((der) => !named.some((each) => bytesEqual(each, der)))];
  const server = await certificatesIn(
    context,
    words['server-cert'] === undefined ? [] : [words['server-cert']],
    before?.serverCertificate === undefined ? [] : [before.serverCertificate],
    ['ca', label, 'server-cert'],
  );
  if (server.length > 1) {
    context.faults.add(
      ['ca', label, 'server-cert'],
      `there are ${server.length} certificates in it, and one is wanted`,
    );
  }
  const [serverCertificate] = server;
  return {
    label,
    ...placeOf(words),
    ...behaviour,
    roots: inOrder(roots, before?.roots),
    cmpRoots: await read('cmp-root', before?.cmpRoots),
    ...(serverCertificate !== undefined && { serverCertificate }),
    intermediates: await read('intermediate', before?.intermediates),
    tlsRoots: await read('tls-root', before?.tlsRoots),
  };
}

/** Anchors have no order: the same ones in another are no change. */
function inOrder(
  roots: readonly Uint8Array[],
  before: readonly Uint8Array[] = [],
): readonly Uint8Array[] {
  const isSame =
    roots.length === before.length &&
    roots.every((der) => before.some((each) => bytesEqual(each, der)));
  return isSame ? before : roots;
}

function placeOf(words: CaWords): CaPlace {
  const { url, reference, recipient, issuer, proxy } = words;
  const expectedSender = words['expected-sender'];
  const certProfile = words['cert-profile'];
  const tlsClientCertificate = words['tls-client-cert'];
  const tlsServerName = words['tls-server-name'];
  const username = words['proxy-user'];
  return {
    url,
    operationLabels: words['operation-labels'] ?? false,
    ...(reference !== undefined && { reference }),
    ...(recipient !== undefined && { recipient }),
    ...(issuer !== undefined && { issuer }),
    ...(expectedSender !== undefined && { expectedSender }),
    ...(certProfile !== undefined && { certProfile }),
    ...(tlsClientCertificate !== undefined && { tlsClientCertificate }),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(proxy !== undefined && {
      proxy: { url: proxy, ...(username !== undefined && { username }) },
    }),
  };
}

/** The row of the preset, with what was said in place of it. */
function behaviourOf(words: CaWords): CaBehaviour {
  const preset = words.preset ?? 'rfc9483';
  const usual = presets[preset].behaviour;
  return {
    preset,
    pvno: words.pvno === undefined ? usual.pvno : words.pvno === 3 ? 3 : 2,
    implicitConfirm: words['implicit-confirm'] ?? usual.implicitConfirm,
    protection: words.protection ?? usual.protection,
    pbm: {
      owf: words['pbm-owf'] ?? usual.pbm.owf,
      mac: words['pbm-mac'] ?? usual.pbm.mac,
      iterationCount: words['pbm-iterations'] ?? usual.pbm.iterationCount,
    },
    rsaSignature: words['rsa-signature'] ?? usual.rsaSignature,
    macSender: words['mac-sender'] ?? usual.macSender,
    signedAnswers: words['signed-answers'] ?? usual.signedAnswers,
    unprotectedErrors: words['unprotected-errors'] ?? usual.unprotectedErrors,
    ignoreKeyUsage: words['ignore-key-usage'] ?? usual.ignoreKeyUsage,
    lenientErrorNonces: words['lenient-error-nonces'] ?? usual.lenientErrorNonces,
    updateExtensions: words['update-extensions'] ?? usual.updateExtensions,
    weakProtection: words['weak-protection'] ?? usual.weakProtection,
    timeToleranceSeconds: words['time-tolerance'] ?? usual.timeToleranceSeconds,
    transactionDeadlineSeconds: words.deadline ?? usual.transactionDeadlineSeconds,
    minPollSeconds: words['min-poll'] ?? usual.minPollSeconds,
    connectTimeoutSeconds: words['connect-timeout'] ?? usual.connectTimeoutSeconds,
    responseTimeoutSeconds: words['response-timeout'] ?? usual.responseTimeoutSeconds,
    allowLegacyAlgorithms: words['legacy-algorithms'] ?? usual.allowLegacyAlgorithms,
    trustCapubs: words['trust-capubs'] ?? usual.trustCapubs,
    trustFirstUse: words['trust-first-use'] ?? usual.trustFirstUse,
  };
}

/** Say what does not go together, as `ca add` does. */
export async function checkProfile(
  context: ConfigContext,
  profile: CaProfile,
  words: CaWords,
): Promise<void> {
  const { label, preset, pbm, roots, trustFirstUse } = profile;
  const fault = (key: string, why: string, hint?: string): void =>
    context.faults.add(['ca', label, key], why, hint);
  if (trustFirstUse && preset !== '3gpp') {
    fault('trust-first-use', 'it needs preset 3gpp', 'Give the root of the CA with root');
  }
  if (roots.length === 0 && !trustFirstUse && (words.root ?? []).length === 0) {
    fault('root', 'it is missing, and none is stored', 'Give the file of its root certificate');
  }
  if (pbm.owf === 'sha1' && !profile.allowLegacyAlgorithms) {
    fault(
      words['pbm-owf'] === undefined ? 'preset' : 'pbm-owf',
      'sha1 is broken',
      'Use sha256, or add legacy-algorithms: true if this CA has nothing better',
    );
  }
  if (words.proxy === undefined && (words['proxy-user'] ?? words['proxy-password']) !== undefined) {
    fault('proxy', 'it is missing, and its user or password is there');
  }
  if (words['proxy-user'] === undefined && words['proxy-password'] !== undefined) {
    fault('proxy-user', 'it is missing, and its password is there');
  }
  for (const key of ['recipient', 'issuer', 'expected-sender'] as const) {
    const name = words[key];
    if (name === undefined) continue;
    await faultOf(context, ['ca', label, key], () => {
      if (parseName(name).rdns.length > 0) return;
      throw new CertError('DN_INVALID', 'it names nothing');
    });
  }
  const { proxy } = words;
  if (proxy !== undefined)
    await faultOf(context, ['ca', label, 'proxy'], () => parseProxyUrl(proxy));
}
