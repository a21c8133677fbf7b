import { CertError } from '../base/errors.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';
import type { InitialCredential } from './initial-credential.ts';
import { probe, type Finding, type ProbeResult } from './probe.ts';

/** Nobody waits for a doctor as long as for a certificate. */
const answerSeconds = 15;

/** Where a clock is off by more, certificates are not yet valid when they come. */
const clockToleranceSeconds = 60;

/** Certificates that are looked through for one to sign with. */
const maxSigners = 200;

/**
 * Ask each CA one question that changes nothing: that shows whether there is a way to it, whether it takes what we
 * prove ourselves with, and what its clock says.
 */
export async function examineAuthorities(
  context: LifecycleContext,
): Promise<readonly DoctorFinding[]> {
  const profiles = await context.store.authorities.list();
  if (profiles.length === 0) {
    return [
      {
        check: 'CA',
        severity: 'note',
        text: 'there is none',
        remedy: 'Add one with "certkeeper ca add"',
      },
    ];
  }
  return (await Promise.all(profiles.map((profile) => examineAuthority(context, profile)))).flat();
}

async function examineAuthority(
  context: LifecycleContext,
  profile: CaProfile,
): Promise<readonly DoctorFinding[]> {
  const finding = about('CA', profile.label);
  const impatient: LifecycleContext = {
    ...context,
    connect: (url, settings) =>
      context.connect(url, {
        ...settings,
        connectTimeoutSeconds: Math.min(settings.connectTimeoutSeconds, answerSeconds),
        responseTimeoutSeconds: Math.min(settings.responseTimeoutSeconds, answerSeconds),
      }),
  };
  try {
    const credential = await credentialFor(context, profile);
    if (credential === undefined) {
      return [
        finding('note', 'it cannot be asked: there is neither a secret nor a certificate for it'),
      ];
    }
    const result = await probe(impatient, { ca: profile.label, credential, isBrief: true });
    const proof =
      credential.type === 'mac' ? 'shared secret' : `signature of "${credential.signer}"`;
    return [judge(finding, result.findings[0], proof), clockFinding(profile, result)];
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return [finding('error', error.message, error.hint ?? 'Look at it with "certkeeper ca show"')];
  }
}

type MakeFinding = (
  severity: DoctorFinding['severity'],
  text: string,
  remedy?: string,
) => DoctorFinding;

function about(check: DoctorFinding['check'], name: string): MakeFinding {
  return (severity, text, remedy) => ({
    check,
    about: name,
    severity,
    text,
    ...(remedy !== undefined && { remedy }),
  });
}

/** PKIFailureInfo bits by which a CA says that it does not know us, or takes us for somebody else. */
const unknownToIt = /badMessageCheck|notAuthorized|wrongIntegrity|signerNotTrusted|badTime/;

function judge(finding: MakeFinding, answer: Finding | undefined, proof: string): DoctorFinding {
  const detail = answer?.detail ?? 'it was not asked';
  if (answer?.result === 'unknown') {
    return finding(
      'warning',
      `its answer is not to be used: ${detail}`,
      'Check the anchors and the protection in its profile: certkeeper ca probe',
    );
  }
  if (unknownToIt.test(detail)) {
    return finding(
      'warning',
      `it does not take our ${proof}: ${detail}`,
      'Check reference and secret, or the certificate that signs; then certkeeper ca probe',
    );
  }
  return finding('ok', `it answers, and takes our ${proof}`);
}

function clockFinding(
  { label, timeToleranceSeconds }: CaProfile,
  { clockAheadSeconds: ahead }: ProbeResult,
): DoctorFinding {
  const finding = about('clock', label);
  if (ahead === undefined) return finding('note', 'its answer does not say what time it is');
  const text = `its clock is ${Math.abs(ahead)} s ${ahead < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(ahead) <= clockToleranceSeconds) return finding('ok', text);
  const isTooMuch = timeToleranceSeconds !== 0 && Math.abs(ahead) > timeToleranceSeconds;
  return finding(
    isTooMuch ? 'error' : 'warning',
    text,
    'Set the clock of this machine, by NTP if possible; if it is right, tell the CA',
  );
}

/** @returns undefined when there is nothing to be known by */
async function credentialFor(
  { store, clock }: LifecycleContext,
  { label, reference }: CaProfile,
): Promise<InitialCredential | undefined> {
  const hasSecret = (await store.authorities.secret(label)) !== undefined;
  if (hasSecret && reference !== undefined) return { type: 'mac' };
  const signer = (await store.certificates.expiring(maxSigners, clock.now())).find(
    (record) => record.ca === label && record.keyId !== undefined && record.source !== 'track',
  );
  return signer && { type: 'signature', signer: signer.name };
}
