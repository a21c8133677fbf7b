import { CertError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { maySignCrls, signersOf } from '../revocation/crl-signer.ts';
import type { Crl } from '../revocation/crl.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import type { Store } from '../store/store.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';

/** CAs that are configured. */
export interface ConfiguredCas {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

/** What finding one stands on. */
export interface ConfiguredSignerContext {
  cas(): Promise<ConfiguredCas>;
  readonly clock: Clock;
  readonly algorithms: AlgorithmPolicy;
}

/** Make what finds the CA that is configured and signed a CRL: an anchor, or what leads to one. */
export function configuredSigner(
  context: ConfiguredSignerContext,
): (crl: Crl) => Promise<Certificate | undefined> {
  const { clock, algorithms: policy, cas } = context;
  return async (crl) => {
    const { anchors, intermediates } = await cas();
    const pool = [...anchors, ...intermediates].filter(({ tbsCertificate }) =>
      sameName(tbsCertificate.subject, crl.issuer),
    );
    const signers = { candidates: () => pool, above: () => undefined };
    return (signersOf(crl, signers, policy) ?? []).find((certificate) => {
      if (!maySignCrls(certificate)) return false;
      if (anchors.includes(certificate)) return true;
      const at = clock.now();
      const inputs = { certificate, intermediates, anchors, at, policy, limits: configuredPki };
      return validatePath(inputs).type === 'valid';
    });
  };
}

/** Read the CAs of a store: as anchors the roots of CA profiles, and the certificates of the local CA store. */
export async function storedCas(
  store: Pick<Store, 'authorities' | 'caCertificates'>,
): Promise<ConfiguredCas> {
  const [profiles, kept] = await Promise.all([
    store.authorities.list(),
    store.caCertificates.list(),
  ]);
  return {
    anchors: readable([...profiles.flatMap(({ roots }) => roots), ...kept.map(({ der }) => der)]),
    intermediates: readable(profiles.flatMap(({ intermediates }) => intermediates)),
  };
}

/** One that does not decode signs nothing. */
function readable(ders: readonly Uint8Array[]): readonly Certificate[] {
  return ders.flatMap((der) => {
    try {
      return [decodeCertificate(der)];
    } catch (error) {
      if (error instanceof CertError && error.code !== 'INTERNAL') return [];
      throw error;
    }
  });
}
