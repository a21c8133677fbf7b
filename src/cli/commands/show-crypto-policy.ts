import { toHex } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { caGroup } from '../../lifecycle/trusted-labels.ts';
import { listWords, type NamedWords } from '../../lifecycle/validation-words.ts';
import { anchorHash } from '../../revocation/anchor-hashes.ts';
import { policySettings } from '../../settings/policy-settings.ts';
import { readerOf } from '../../settings/setting.ts';
import type { Store } from '../../store/store.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { Body } from '../command.ts';
import type { showPolicyParameters } from '../parameters-validation.ts';
import { settingFields } from '../setting-parameters.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Show the policies by which peers are judged. */
export const run: Body<typeof showPolicyParameters> = async ({ name: wanted }, context) => {
  const all = (await readStored(context, ({ store }) => listWords(store, 'policy'))) ?? [];
  const shown = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && shown.length === 0) {
    throw new CertError('CONFIG_INVALID', `Cannot show policy "${wanted}": there is none`, {
      hint: 'See "certkeeper show crypto policy"',
    });
  }
  const certreq = wanted === undefined ? undefined : await hashesOf(shown, context);
  const policies = shown.map(({ name, words }) => ({ name, ...words, certreq }));
  context.print.show({ policies }, () =>
    shown.length === 0
      ? `There is no policy${whereLooked(context)}; certkeeper crypto map sets one up\n`
      : shown
          .map(({ name, words }) =>
            formatFields([
              ['policy', name],
              ...settingFields(policySettings, words),
              ...(certreq ?? []).map((hash) => ['certreq', hash] as const),
            ]),
          )
          .join('\n'),
  );
  return 0;
};

/**
 * Give what a gateway puts into its certificate requests (CERTREQ of RFC 7296 section 3.7): the SHA-1 of each anchor's key,
 * one after the other. Labels that stand for nothing any more have none.
 */
async function hashesOf(
  policies: readonly NamedWords[],
  context: Parameters<typeof readStored>[0],
): Promise<readonly string[] | undefined> {
  return await readStored(context, async ({ store }) => {
    const hashes = new Set<string>();
    for (const { words } of policies) {
      for (const label of readerOf(words).texts('ca')) {
        for (const anchor of await anchorsOf(store, label)) hashes.add(toHex(anchorHash(anchor)));
      }
    }
    return [...hashes];
  });
}

async function anchorsOf(store: Store, label: string): Promise<readonly Certificate[]> {
  try {
    return (await caGroup(store, label)).anchors;
  } catch (error) {
    if (error instanceof CertError && error.code === 'CA_UNKNOWN') return [];
    throw error;
  }
}
