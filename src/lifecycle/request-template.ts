import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { fromDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { objectIdentifier } from '../asn1/primitives.ts';
import {
  CertReqTemplateContent,
  decodeKeySpec,
  type KeySpec,
} from '../cmp/message/cert-req-template.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Store } from '../store/store.ts';
import type { Extension } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { isNullDn } from '../x509/name.ts';
import { parseName } from '../x509/name-text.ts';
import { isOfTheIssuer, type Wanted } from './certificate-request.ts';
import type { ChosenKey, KeyChoice } from './key-choice.ts';

/** What is asked for, after the CA's wishes were heard. */
export interface Followed {
  readonly wanted: Wanted;
  readonly key: ChosenKey;
}

/**
 * Let a request follow what the CA asked of requests, as `cmp info certReqTemplate` brought it (RFC 9483 section
 * 4.3.3): what the operator says comes first, and what neither says is left out. The issuer of the CA profile comes
 * before the template's.
 *
 * @throws {CertError} USAGE_INVALID when neither operator nor template says which key
 */
export async function followTemplate(
  { store, log }: { readonly store: Store; readonly log: Log },
  profile: CaProfile,
  wanted: Wanted,
  key: KeyChoice,
): Promise<Followed> {
  const der = await store.authorities.requestTemplate(profile.label);
  const issuer = profile.issuer === undefined ? undefined : parseName(profile.issuer);
  if (!der) {
    if (key.type === 'by-template') throw keyless(profile, 'it has not said which keys it takes');
    return { wanted: { ...wanted, ...(issuer && { issuer }) }, key };
  }
  const { template, keys } = readRequestTemplate(der);
  const { content, passedOver } = template;
  if (passedOver.length > 0) {
    log.warn(
      `CA "${profile.label}" wishes for ${passedOver.join(', ')} in requests, which is for CAs, or for it to say: left out`,
    );
  }
  return {
    wanted: fillIn({ ...wanted, ...(issuer && { issuer }) }, content),
    key: chooseKey(key, keys, profile, log),
  };
}

/** A request template, read to the end. */
export interface RequestTemplate {
  readonly template: {
    readonly content: CertReqTemplateContent['certTemplate'];
    /** Names of the extensions that are not asked for, whoever wishes so. */
    readonly passedOver: readonly string[];
  };
  readonly keys: readonly KeySpec[];
}

/**
 * Read what a CA asks of requests, down to the last key: what is kept is read again for every request.
 *
 * @throws {CertError} DER_MALFORMED
 */
export function readRequestTemplate(der: Uint8Array): RequestTemplate {
  const { certTemplate, keySpec = [] } = fromDer(CertReqTemplateContent, der);
  const { extensions = [], ...others } = certTemplate;
  // An extension without contents is one the requester has to fill in.
  const full = extensions.filter(({ extnValue }) => extnValue.length > 0);
  const kept = full.filter((one) => one.extnID !== oids.subjectAltName && isForEndEntity(one));
  const passedOver = full.filter((one) => !isForEndEntity(one));
  return {
    template: {
      content: { ...others, extensions: kept },
      passedOver: passedOver.map(({ extnID }) => oidName(extnID)),
    },
    keys: keySpec.map(decodeKeySpec),
  };
}

/** A template outlives the answer it came with: it makes nobody ask for more than a device needs. */
function isForEndEntity(one: Extension): boolean {
  if (one.extnID === oids.subjectAltName) return true;
  const usages = one.extnID === oids.keyUsage ? extensionValue([one], 'keyUsage') : undefined;
  return !isOfTheIssuer(one.extnID) && !usages?.some((usage) => caUsages.has(usage));
}

const caUsages: ReadonlySet<string> = new Set(['keyCertSign', 'cRLSign']);

function fillIn(wanted: Wanted, template: CertReqTemplateContent['certTemplate']): Wanted {
  const { subject, issuer, validity, extensions = [] } = template;
  const said = new Set((wanted.extensions ?? []).map(({ extnID }) => extnID));
  const wished = extensions.filter(({ extnID }) => !said.has(extnID));
  const all = [...(wanted.extensions ?? []), ...wished];
  return {
    ...(subject && !isNullDn(subject) && { subject }),
    ...(issuer && { issuer }),
    ...(validity && { validity }),
    ...wanted,
    ...(all.length > 0 && { extensions: all }),
  };
}

function chooseKey(
  choice: KeyChoice,
  specs: readonly KeySpec[],
  profile: CaProfile,
  log: Log,
): ChosenKey {
  if (choice.type === 'central') return choice;
  const taken = specs.map(keyTypeOf).filter((type) => type !== undefined);
  if (choice.type === 'by-template') {
    const [keyType] = taken;
    const { token } = choice;
    if (keyType) return { type: 'generate', keyType, ...(token !== undefined && { token }) };
    throw keyless(profile, 'it takes none of the kinds made here, or has not said which');
  }
  const chosen =
    choice.type === 'given' ? describeKey(choice.key.key.spki).keyType : choice.keyType;
  if (taken.length > 0 && !taken.some((type) => type === chosen)) {
    log.warn(`CA "${profile.label}" asks for a key of type ${taken.join(' or ')}, not ${chosen}`);
  }
  return choice;
}

/** The key we make for a wish of the CA; undefined for one that is not made here. */
function keyTypeOf(spec: KeySpec): KeyType | undefined {
  switch (spec.type) {
    case 'rsaKeyLen':
      return rsaTypes.get(spec.value);
    case 'algId': {
      const { algorithm, parameters } = spec.value;
      if (algorithm === oids.ed25519) return 'ed25519';
      if (algorithm === oids.ed448) return 'ed448';
      if (algorithm !== oids.ecPublicKey || !parameters) return undefined;
      // One that is spelled out has no name, and is not made here.
      return objectIdentifier.starts(parameters[0] ?? 0)
        ? curveTypes.get(fromDer(objectIdentifier, parameters))
        : undefined;
    }
    case 'other':
      return undefined;
  }
}

const rsaTypes: ReadonlyMap<number, KeyType> = new Map([
  [2048, 'rsa-2048'],
  [3072, 'rsa-3072'],
  [4096, 'rsa-4096'],
]);

const curveTypes: ReadonlyMap<Oid, KeyType> = new Map([
  [oids.prime256v1, 'p-256'],
  [oids.secp384r1, 'p-384'],
  [oids.secp521r1, 'p-521'],
]);

function keyless({ label }: CaProfile, why: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot choose a key for CA "${label}": ${why}`, {
    hint: 'Give modulus N, key-type T or key-file F; "cmp info certReqTemplate" asks the CA',
  });
}
