import { CertError } from '../../base/errors.ts';
import { caFields, caJson, keptFields, keptJson } from '../ca-view.ts';
import { commandLine } from '../command-line.ts';
import type { Body, CommandContext } from '../command.ts';
import type { caShowParameters } from '../parameters-ca.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields, formatTable } from '../table.ts';

/** List the CA profiles, or show everything about one; of its secrets, whether they are there. */
export const run: Body<typeof caShowParameters> = async ({ label }, context) => {
  if (label === undefined) await list(context);
  else await showOne(label, context);
  return 0;
};

async function list(context: CommandContext): Promise<void> {
  const { print } = context;
  const profiles = (await readStored(context, ({ store }) => store.authorities.list())) ?? [];
  print.show({ cas: profiles.map(caJson) }, () => {
    if (profiles.length === 0) {
      return `There is no CA profile${whereLooked(context)}; certkeeper ca add makes one\n`;
    }
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

async function showOne(label: string, context: CommandContext): Promise<void> {
  const read = await readStored(context, async ({ store }) => ({
    profile: await store.authorities.get(label),
    kept: await store.authorities.kept(label),
  }));
  if (read?.profile === undefined || read.kept === undefined) {
    throw new CertError('CA_UNKNOWN', `Cannot show CA profile "${label}": there is none`, {
      hint: `See ${commandLine(['ca', 'show'], context.globals)}`,
    });
  }
  const { profile, kept } = read;
  context.print.show({ ca: { ...caJson(profile), ...keptJson(kept) } }, () =>
    formatFields([...caFields(profile), ...keptFields(kept)]),
  );
}
