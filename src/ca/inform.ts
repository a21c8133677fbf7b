import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { CRLSource } from '../cmp/message/crl-status.ts';
import { info, infoValue } from '../cmp/message/info-values.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { decodeCertificateList } from '../x509/certificate-list.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { sameName } from '../x509/name.ts';
import { currentCrl } from './current-crl.ts';
import type { Deciding, Outcome, Work } from './decision.ts';
import { keySpecsOf, publicKeyAlgorithms, requestTemplate } from './key-specs.ts';
import { crlIssuers, type CrlIssuer } from './ledger-records.ts';
import { refusalOf, statusOf, type Refusal } from './refusal.ts';

/** Look at questions to the CA (RFC 9810 section 5.3.19, RFC 9483 section 4.3). */
export function informationOf(questions: readonly InfoTypeAndValue[], lab: Deciding): Work {
  return {
    subject: questions.map(({ infoType }) => oidName(infoType)).join(', '),
    fulfil: async () => {
      try {
        return { body: { type: 'genp', value: await answers(questions, lab) }, phase: 'closed' };
      } catch (thrown) {
        return refuse(refusalOf(thrown));
      }
    },
    refuse,
  };
}

function refuse(why: Refusal): Outcome {
  return { body: { type: 'error', value: { pKIStatusInfo: statusOf(why) } }, phase: 'closed' };
}

/** RFC 9810 section 5.3.19: who asks for nothing gets what the CA wishes to tell. */
const untold: readonly InfoTypeAndValue[] = [
  info('caCerts'),
  info('signKeyPairTypes'),
  info('currentCRL'),
];

async function answers(
  questions: readonly InfoTypeAndValue[],
  lab: Deciding,
): Promise<readonly InfoTypeAndValue[]> {
  const told: InfoTypeAndValue[] = [];
  const unsupported: Oid[] = [];
  for (const question of questions.length > 0 ? questions : untold) {
    const answer = answerers.get(question.infoType);
    if (answer) told.push(await answer(question, lab));
    else unsupported.push(question.infoType);
  }
  return unsupported.length > 0 ? [...told, info('unsupportedOIDs', unsupported)] : told;
}

type Answerer = (
  question: InfoTypeAndValue,
  lab: Deciding,
) => InfoTypeAndValue | Promise<InfoTypeAndValue>;

const answerers: ReadonlyMap<Oid, Answerer> = new Map<Oid, Answerer>([
  // The lab has no key to encrypt for, and says so by an absent value.
  [oids.caProtEncCert, () => info('caProtEncCert')],
  [
    oids.signKeyPairTypes,
    (_, { settings }) => info('signKeyPairTypes', publicKeyAlgorithms(settings, 'sign')),
  ],
  [
    oids.encKeyPairTypes,
    (_, { settings }) => {
      const algorithms = publicKeyAlgorithms(settings, 'encrypt');
      return algorithms.length > 0 ? info('encKeyPairTypes', algorithms) : info('encKeyPairTypes');
    },
  ],
  [oids.preferredSymmAlg, () => info('preferredSymmAlg', algorithmIdentifier('aes256CBC'))],
  [
    oids.currentCRL,
    async (_, lab) => {
      const { der } = await currentCrl('issuing', lab);
      return info('currentCRL', decodeCertificateList(der));
    },
  ],
  [oids.suppLangTags, (question) => languageFor(question)],
  [oids.caCerts, (_, lab) => info('caCerts', caCertificates(lab))],
  [oids.rootCaCert, (question, lab) => rootUpdate(question, lab)],
  [oids.certReqTemplate, (_, { settings }) => templateFor(settings)],
  [oids.crlStatusList, (question, lab) => newerCrls(question, lab)],
]);

function caCertificates({ authorities }: Deciding): readonly Certificate[] {
  const { issuing, rolled } = authorities;
  return [issuing.certificate, ...(rolled ? [rolled.newWithOld, rolled.oldWithNew] : [])];
}

/** RFC 9483 section 4.3.2: without a value there is nothing new for the root that was named. */
function rootUpdate(question: InfoTypeAndValue, { authorities }: Deciding): InfoTypeAndValue {
  const { root, rolled } = authorities;
  const known = infoValue([question], 'rootCaCert');
  const isOld =
    rolled !== undefined &&
    (known === undefined ||
      bytesEqual(certificateDer(known), certificateDer(rolled.previous.certificate)));
  if (!isOld) return info('rootCaKeyUpdate');
  const { newWithOld, oldWithNew } = rolled;
  return info('rootCaKeyUpdate', { newWithNew: root.certificate, newWithOld, oldWithNew });
}

function templateFor(settings: Deciding['settings']): InfoTypeAndValue {
  const { templateSubject } = settings;
  const keySpec = keySpecsOf(settings);
  if (templateSubject === undefined && keySpec.length === 0) return info('certReqTemplate');
  return info('certReqTemplate', {
    certTemplate: requestTemplate(templateSubject),
    ...(keySpec.length > 0 && { keySpec }),
  });
}

/** RFC 9810 section 5.3.19.13: the lab speaks English, and an error answers who does not. */
function languageFor(question: InfoTypeAndValue): InfoTypeAndValue {
  const tags = infoValue([question], 'suppLangTags') ?? [];
  const tag = tags.find((one) => /^en(?:-|$)/i.test(one));
  if (tag !== undefined) return info('suppLangTags', [tag]);
  throw new CertError('CMP_BODY_UNEXPECTED', 'Cannot speak another language than English');
}

/** RFC 9810 section 5.3.19.17: only CRLs that are more recent than those the client has. */
async function newerCrls(question: InfoTypeAndValue, lab: Deciding): Promise<InfoTypeAndValue> {
  const statuses = infoValue([question], 'crlStatusList');
  if (!statuses) {
    throw new CertError('CMP_BODY_UNEXPECTED', 'Cannot answer crlStatusList without a value');
  }
  const newer = new Map<CrlIssuer, Uint8Array>();
  for (const { source, thisUpdate } of statuses) {
    const issuer = issuerIn(source, lab);
    if (!issuer || newer.has(issuer)) continue;
    const crl = await currentCrl(issuer, lab);
    if (!thisUpdate || thisUpdate.value < crl.thisUpdate) newer.set(issuer, crl.der);
  }
  return newer.size > 0
    ? info('crls', [...newer.values()].map(decodeCertificateList))
    : info('crls');
}

/** A distribution point is a name for a CRL the lab has: `…/issuing.crl`, `…/root.crl`; nothing is fetched. */
function issuerIn({ type, value }: CRLSource, { authorities }: Deciding): CrlIssuer | undefined {
  const names = type === 'issuer' ? value : value.type === 'fullName' ? value.value : [];
  const isNamed = (issuer: CrlIssuer, name: GeneralName): boolean => {
    switch (name.type) {
      case 'directoryName':
        return sameName(name.value, authorities[issuer].certificate.tbsCertificate.subject);
      case 'uniformResourceIdentifier':
        return name.value.endsWith(`/${issuer}.crl`);
      default:
        return false;
    }
  };
  return crlIssuers.find((issuer) => names.some((name) => isNamed(issuer, name)));
}
