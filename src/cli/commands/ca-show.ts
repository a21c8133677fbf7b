import { CertError } from '../../base/errors.ts';
import { caFields, caJson } from '../ca-view.ts';
import type { Body, CommandContext } from '../command.ts';
import type { caShowParameters } from '../parameters-ca.ts';
import { formatFields, formatTable } from '../table.ts';

/** List the CA profiles, or show everything about one except its secret. */
export const run: Body<typeof caShowParameters> = async ({ label }, context) => {
  if (label === undefined) await list(context);
  else await showOne(label, context);
  return 0;
};

async function list({ services, print }: CommandContext): Promise<void> {
  const { store } = await services();
  const profiles = await store.authorities.list();
  print.show({ cas: profiles.map(caJson) }, () => {
    if (profiles.length === 0) return 'There is no CA profile; certkeeper ca add makes one\n';
    const columns = [
      { title: 'LABEL' },
      { title: 'URL' },
      { title: 'REFERENCE' },
      { title: 'ROOTS', align: 'right' },
    ] as const;
    return formatTable(
      columns,
      profiles.map((profile) => [
        profile.label,
        profile.url,
        profile.reference ?? '',
        String(profile.roots.length),
      ]),
    );
  });
}

async function showOne(label: string, { services, print }: CommandContext): Promise<void> {
  const { store } = await services();
  const profile = await store.authorities.get(label);
  if (profile === undefined) {
    throw new CertError('CA_UNKNOWN', `Cannot show CA profile "${label}": there is none`, {
      hint: 'See certkeeper ca show',
    });
  }
  print.show({ ca: caJson(profile) }, () => formatFields(caFields(profile)));
}
