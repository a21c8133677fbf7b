import { fromDer, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertReqTemplateContent } from '../cmp/message/cert-req-template.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { infoValue } from '../cmp/message/info-values.ts';
import type { RootCaKeyUpdateContent } from '../cmp/message/root-ca-key-update.ts';
import { checkCrl } from '../revocation/crl-check.ts';
import { checkRootUpdate, type RootUpdateVerdict } from '../revocation/root-update.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { certificateListDer, type CertificateList } from '../x509/certificate-list.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { Name } from '../x509/name.ts';
import { formatName } from '../x509/name-text.ts';
import type { LifecycleContext } from './context.ts';
import { crlInputs, ownIssuers } from './crl-inputs.ts';
import { readRequestTemplate } from './request-template.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What came of a question that was answered. */
export type InfoAnswer =
  /** The CA does not know what was asked for. */
  | { readonly type: 'unsupported' }
  /** It knows, and has nothing, or nothing newer than what is here. */
  | { readonly type: 'nothing' }
  /** For looking at: none of them is trusted for having come this way. */
  | { readonly type: 'ca-certs'; readonly certificates: readonly Certificate[] }
  | {
      readonly type: 'root-update';
      readonly newRoot: Certificate;
      readonly verdict: RootUpdateVerdict;
      readonly isAccepted: boolean;
      /** It was an anchor of the profile before this answer came. */
      readonly wasAnchor: boolean;
    }
  /** Kept; the next requests to this CA follow it. */
  | {
      readonly type: 'request-template';
      readonly item: InfoTypeAndValue;
      readonly template: CertReqTemplateContent;
    }
  | { readonly type: 'crls'; readonly crls: readonly TakenCrl[] }
  /** As it came. */
  | { readonly type: 'value'; readonly item: InfoTypeAndValue };

/** A CRL that came, and whether it is kept: not when an equal or newer one is here, or it is not believed. */
export interface TakenCrl {
  readonly list: CertificateList;
  readonly outcome: 'stored' | 'older' | { readonly refused: string };
}

/** Check what a genp brought, and keep what is for later (L10). */
export async function takeInfo(
  context: LifecycleContext,
  profile: CaProfile,
  {
    item,
    extraCerts,
  }: { readonly item: InfoTypeAndValue; readonly extraCerts: readonly Certificate[] },
  acceptRoot: boolean,
): Promise<InfoAnswer> {
  const { infoType, infoValue: value } = item;
  if (infoType === oids.unsupportedOIDs) return { type: 'unsupported' };
  if (!value) {
    // RFC 9483 section 4.3.3: no value says that any request will do.
    if (infoType === oids.certReqTemplate) {
      await context.store.authorities.putRequestTemplate(profile.label, undefined);
    }
    return { type: 'nothing' };
  }
  switch (infoType) {
    case oids.caCerts:
      return { type: 'ca-certs', certificates: infoValue([item], 'caCerts') ?? [] };
    case oids.rootCaKeyUpdate: {
      const update = infoValue([item], 'rootCaKeyUpdate');
      return update ? updateRoot(context, profile, update, acceptRoot) : { type: 'nothing' };
    }
    case oids.certReqTemplate: {
      const template = fromDer(CertReqTemplateContent, value);
      readRequestTemplate(value);
      await context.store.authorities.putRequestTemplate(profile.label, value);
      return { type: 'request-template', item, template };
    }
    case oids.currentCRL: {
      const list = infoValue([item], 'currentCRL');
      return {
        type: 'crls',
        crls: await keepCrls(context, profile, list ? [list] : [], extraCerts),
      };
    }
    case oids.crls: {
      const lists = infoValue([item], 'crls') ?? [];
      return { type: 'crls', crls: await keepCrls(context, profile, lists, extraCerts) };
    }
    default:
      return { type: 'value', item };
  }
}

/** Checked before it is stored; the present root stays beside the new one until it expires or is removed. */
async function updateRoot(
  { store, clock, log }: LifecycleContext,
  profile: CaProfile,
  update: RootCaKeyUpdateContent,
  acceptRoot: boolean,
): Promise<InfoAnswer> {
  const roots = profile.roots.map((der) => storedCertificate(der, `CA "${profile.label}"`));
  const policy = { allowLegacy: profile.allowLegacyAlgorithms };
  const verdict = checkRootUpdate(update, roots, clock.now(), policy);
  const { newWithNew: newRoot } = update;
  const der = certificateDer(newRoot);
  const wasAnchor = profile.roots.some((root) => bytesEqual(root, der));
  // L10: only when the present root vouches for it.
  const isAccepted = acceptRoot && verdict.type === 'valid';
  if (isAccepted && !wasAnchor) {
    await store.authorities.replaceRoots(profile.label, { add: [der] });
    log.warn(
      `CA "${profile.label}" has a new trust anchor, signed by the old one: ` +
        formatName(newRoot.tbsCertificate.subject),
    );
  }
  return { type: 'root-update', newRoot, verdict, isAccepted, wasAnchor };
}

async function keepCrls(
  { store, clock }: LifecycleContext,
  profile: CaProfile,
  lists: readonly CertificateList[],
  extraCerts: readonly Certificate[],
): Promise<readonly TakenCrl[]> {
  // The CAs of our own certificates, too: their CRLs are what is asked for.
  const known = [...(await ownIssuers(store, profile)), ...extraCerts];
  const query = crlInputs(profile, known, clock.now());
  const taken: TakenCrl[] = [];
  for (const list of lists) {
    const verdict = checkCrl(list, query);
    if (verdict.type === 'invalid') {
      taken.push({ list, outcome: { refused: verdict.detail } });
      continue;
    }
    const { issuer, thisUpdate, nextUpdate, crlExtensions } = list.tbsCertList;
    const crlNumber = extensionValue(crlExtensions, 'cRLNumber');
    const isStored = await store.crls.put({
      ca: profile.label,
      issuer: toDer(Name, issuer),
      der: certificateListDer(list),
      thisUpdate: thisUpdate.value,
      ...(nextUpdate && { nextUpdate: nextUpdate.value }),
      ...(crlNumber !== undefined && { crlNumber: crlNumber.toString() }),
      fetchedAt: clock.now(),
    });
    taken.push({ list, outcome: isStored ? 'stored' : 'older' });
  }
  return taken;
}
