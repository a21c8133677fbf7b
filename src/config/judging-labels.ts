import { suggest } from '../base/suggest.ts';
import {
  casNamedIn,
  signersNamedIn,
  validatorOf,
  type NamedLabel,
} from '../lifecycle/needed-by.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import type { ConfigContext } from './entry.ts';
import type { Path } from './fault.ts';
import type { ConfigFile } from './schema.ts';

/** What labels stand for once a file is applied. */
export interface KnownLabels {
  /** CA certificates, and CA profiles with a root. */
  readonly cas: ReadonlySet<string>;
  /** CA profiles without one, so far. */
  readonly rootless: ReadonlySet<string>;
  /** Certificates, those of CAs among them. */
  readonly certificates: ReadonlySet<string>;
  readonly ocspObjects: ReadonlySet<string>;
  readonly crls: ReadonlySet<string>;
}

/** Find what labels will stand for: what the file says of CA profiles holds, and what is stored of all else. */
export async function knownLabels(
  { store }: Pick<ConfigContext, 'store'>,
  { ca, ocsp, 'ca-crl': crls }: ConfigFile,
): Promise<KnownLabels> {
  const namesOf = async (kind: ValidationKind, section: object | undefined) =>
    section === undefined
      ? (await store.validationObjects.list(kind)).map(({ name }) => name)
      : Object.keys(section);
  const labelled = (await store.caCertificates.list()).map(({ label }) => label);
  const profiles = await store.authorities.list();
  const withRoot = new Set<string>(
    profiles.filter(({ roots }) => roots.length > 0).map(({ label }) => label),
  );
  const all: readonly string[] =
    ca === undefined ? profiles.map(({ label }) => label) : Object.keys(ca);
  const isRooted = (label: string): boolean =>
    withRoot.has(label) || (ca?.[label]?.root ?? []).length > 0;
  return {
    cas: new Set([...labelled, ...all.filter(isRooted)]),
    rootless: new Set(all.filter((label) => !isRooted(label))),
    certificates: new Set([...labelled, ...(await store.certificates.names())]),
    ocspObjects: new Set(await namesOf('ocsp', ocsp)),
    crls: new Set(await namesOf('crl', crls)),
  };
}

/** Take down each OCSP object by which a staple is to be got, and that will not be there. */
export function checkStapleObjects(
  { faults }: Pick<ConfigContext, 'faults'>,
  { ocspObjects }: KnownLabels,
  certificates: NonNullable<ConfigFile['certificates']>,
): void {
  for (const [name, { 'staple-ocsp': object }] of Object.entries(certificates)) {
    if (object === undefined || ocspObjects.has(object)) continue;
    const near = suggest(object, ocspObjects);
    faults.add(
      ['certificates', name, 'staple-ocsp'],
      `there is no OCSP object "${object}"`,
      near === undefined ? noObject : `Did you mean "${near}"?`,
    );
  }
}

const noObject = 'Set one up in section ocsp, or with "certkeeper ocsp verify-object"';

/** Take down each label of a policy or an OCSP object that will stand for nothing. */
export function checkLabels(
  { faults }: Pick<ConfigContext, 'faults'>,
  known: KnownLabels,
  path: Path,
  words: SettingWords,
): void {
  const placeOf = ({ word, index }: NamedLabel): Path => {
    const value = words[word];
    return typeof value === 'object' && value.length > 1 ? [...path, word, index] : [...path, word];
  };
  const add = (named: NamedLabel, why: string, all: Iterable<string>, usual: string): void => {
    const near = suggest(named.label, all);
    faults.add(placeOf(named), why, near === undefined ? usual : `Did you mean "${near}"?`);
  };
  for (const named of casNamedIn(words)) {
    const { label } = named;
    if (known.cas.has(label)) continue;
    const why = known.rootless.has(label)
      ? `CA profile "${label}" has no root yet`
      : `there is no CA certificate and no CA profile "${label}"`;
    const usual = `Import one with "certkeeper cert import cert-name ${label} file FILE ca"`;
    add(named, why, known.cas, usual);
  }
  const validator = validatorOf(words);
  if (validator !== undefined && !known.ocspObjects.has(validator)) {
    const named = { word: 'ocsp-cert-validator', index: 0, label: validator };
    add(named, `there is no OCSP object "${validator}"`, known.ocspObjects, noObject);
  }
  for (const [index, label] of readerOf(words).texts('ca-crl').entries()) {
    if (known.crls.has(label)) continue;
    const usual = 'Set one up in section ca-crl, or with "certkeeper ca-crl name"';
    add({ word: 'ca-crl', index, label }, `there is no CRL "${label}"`, known.crls, usual);
  }
  for (const named of signersNamedIn(words)) {
    const { label } = named;
    if (known.certificates.has(label)) continue;
    const usual = `Take it in with "certkeeper cert track cert-name ${label} file FILE"`;
    add(named, `there is no certificate "${label}"`, known.certificates, usual);
  }
}
