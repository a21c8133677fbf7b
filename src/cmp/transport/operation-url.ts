import { CertError } from '../../base/errors.ts';
import type { Operation } from '../../base/events.ts';
import { oids, type Oid } from '../../asn1/oids.ts';
import { parseHttpUrl } from '../../http/url.ts';
import { wellKnownPath } from './well-known.ts';

/** Path segments that name a PKI management operation (RFC 9483 section 6.1, table 1). */
export type OperationLabel =
  | 'initialization'
  | 'certification'
  | 'keyupdate'
  | 'pkcs10'
  | 'revocation'
  | 'getcacerts'
  | 'getrootupdate'
  | 'getcertreqtemplate'
  | 'getcrls';

/** The label of each operation, by the body of its first message; general messages go by what they ask for. */
export const operationLabelOf: Readonly<Record<Exclude<Operation, 'genm'>, OperationLabel>> = {
  ir: 'initialization',
  cr: 'certification',
  kur: 'keyupdate',
  p10cr: 'pkcs10',
  rr: 'revocation',
};

/** The label of a general message, by the infoType it asks for; one that is not in here has none. */
export const genmLabelOf: Readonly<
  Record<'caCerts' | 'rootCaCert' | 'certReqTemplate' | 'crlStatusList', OperationLabel>
> = {
  caCerts: 'getcacerts',
  rootCaCert: 'getrootupdate',
  certReqTemplate: 'getcertreqtemplate',
  crlStatusList: 'getcrls',
};

const labels: ReadonlySet<string> = new Set([
  ...Object.values(operationLabelOf),
  ...Object.values(genmLabelOf),
]);

/** What a general message can ask for that has a label of its own. */
export type LabelledInfoType = keyof typeof genmLabelOf;

/** What a transaction is for, as far as its address depends on it. */
export type Addressed = Operation | LabelledInfoType;

/** Say what a question is, as far as its address depends on it: some have labels of their own. */
export function addressedBy({ infoType }: { readonly infoType: Oid }): Addressed {
  const found = labelledInfoTypes.find((type) => oids[type] === infoType);
  return found ?? 'genm';
}

const labelledInfoTypes = [
  'caCerts',
  'rootCaCert',
  'certReqTemplate',
  'crlStatusList',
] as const satisfies readonly LabelledInfoType[];

/**
 * Find the URL a transaction goes to: that of the CA, with the label of the operation where the CA profile has
 * `operation-labels` (RFC 9483 section 6.1). Asked once, for the first message: all others go where that one went,
 * also after a restart (T9).
 *
 * @param url any path, with or without a slash at its end; without path, the well-known one is meant; with the
 *   label already, it is the result
 * @param what the operation; of a general message what it asks for: as `genm` it has no label
 * @throws {CertError} CONFIG_INVALID: the URL takes no label, for it has a query or ends in another one
 */
export function operationUrl(url: string, what: Addressed, hasLabels: boolean): string {
  const label = labelOf(what);
  // T5: a label only where the CA profile says so.
  if (!hasLabels || label === undefined) return url;
  const { origin, path } = parseHttpUrl(url);
  const refuse = (why: string): never => {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot add operation label "${label}" to ${JSON.stringify(url)}: ${why}`,
      { hint: 'Change the URL of the CA profile, or switch its operation-labels off' },
    );
  };
  if (path.includes('?')) return refuse('it has a query');
  const base = path === '/' ? wellKnownPath : path.replace(/\/+$/, '');
  const last = base.slice(base.lastIndexOf('/') + 1);
  // A profile may be called "pkcs10": what follows "/p/" is a name.
  if (labels.has(last) && !base.endsWith(`/p/${last}`)) {
    // A request made anew has the URL of the one it replaces.
    return last === label ? url : refuse('it ends in the label of another operation');
  }
  return `${origin}${base}/${label}`;
}

function labelOf(what: Addressed): OperationLabel | undefined {
  if (what === 'genm') return undefined;
  const all: Readonly<Record<Exclude<Addressed, 'genm'>, OperationLabel>> = {
    ...operationLabelOf,
    ...genmLabelOf,
  };
  return all[what];
}
