import { join, resolve } from 'node:path';
import { livenessOf } from '../../agent/process-identity.ts';
import { storeUser } from '../../agent/store-user.ts';
import { systemClock } from '../../agent/system-clock.ts';
import { systemRandom } from '../../agent/system-random.ts';
import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { restartFor } from '../../lifecycle/charon-deployments.ts';
import { prepareRestore, type PreparedRestore } from '../../store/restore.ts';
import type { Body } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { storeRestoreParameters } from '../parameters-store.ts';
import { enterStateDirectory } from '../enter-state.ts';
import { plural } from '../plural.ts';
import { countsJson, countsText } from '../store-counts.ts';
import { storeKeyOption } from '../store-key-option.ts';
import { storeKeyFrom } from '../store-key-source.ts';

/** Put a backup in the place of the store. */
export const run: Body<typeof storeRestoreParameters> = async (args, context) => {
  const file = resolve(args.file);
  const source = storeKeyOption(context);
  const directory = enterStateDirectory(context);
  const prepared = await prepareRestore({
    directory,
    file,
    clock: systemClock,
    random: systemRandom,
    isDead: (owner) => livenessOf(owner) === 'dead',
    ...(source && { storeKey: storeKeyFrom(source, '--store-key', context) }),
  });
  try {
    const { counts, madeAt, isReplacing, bringsKey } = prepared;
    await assertNobodyHas(directory);
    if (isReplacing && !(await confirm(question(prepared), `restore ${file}`, context))) {
      context.print.done({ restored: false }, 'Nothing was changed');
      return 0;
    }
    context.beforeWriting();
    // Once more: answering the question may have taken long.
    await assertNobodyHas(directory);
    const keptAs = await prepared.commit();
    if (counts.transactions > 0) {
      context.log.warn(
        `${plural(counts.transactions, 'outstanding request is', 'outstanding requests are')} of the time of the ` +
          'backup: the CA may have answered since; see "certkeeper show cmp outstanding-req"',
      );
    }
    // Opened as any other: it is brought to the newest version, and what was done is written down in it.
    const services = await context.services();
    const { store } = services;
    // Charons go on with what they were given after the backup, and names alone do not show that.
    for (const { name, socket } of await store.deployments.charons())
      await restartFor(store, { certificate: name, socket });
    const { newerFiles, newerFileRemedy, newerFileText } =
      await import('../../agent/newer-files.ts');
    const newer = await newerFiles(services);
    for (const each of newer.slice(0, mostNewer)) {
      context.log.warn(`${newerFileText(each)}; take it in: ${newerFileRemedy(each)}`);
    }
    if (newer.length > mostNewer) {
      context.log.warn(`${newer.length - mostNewer} more such files: see "certkeeper doctor"`);
    }
    context.print.done(
      {
        restored: true,
        file,
        madeAt: madeAt && formatTime(madeAt),
        keptAs,
        bringsKey,
        newer: newer.map(({ notAfter, ...each }) => ({ ...each, notAfter: formatTime(notAfter) })),
        ...countsJson(counts),
      },
      `The store is the backup${madeAt ? ` of ${formatTime(madeAt)}` : ''} now, with ${countsText(counts)}` +
        (bringsKey ? '; its key is store.key' : source ? `; ${keyAdvice}` : '') +
        (keptAs === undefined ? '' : `; as it was, it is kept in ${keptAs}`),
    );
    return 0;
  } finally {
    prepared.close();
  }
};

/** An intact database has said so before; a damaged one cannot. @throws {CertError} IN_PROGRESS */
async function assertNobodyHas(directory: string): Promise<void> {
  const user = await storeUser(directory);
  if (user === undefined) return;
  const path = join(directory, 'store.db');
  throw user.type === 'agent'
    ? new CertError(
        'IN_PROGRESS',
        `Cannot restore "${path}" now: an agent runs, and listens on "${user.socket}"`,
        { hint: 'Stop the agent first: systemctl stop certkeeper, or certkeeper agent stop' },
      )
    : new CertError(
        'IN_PROGRESS',
        `Cannot restore "${path}" now: process ${user.pid} has it open`,
        { hint: 'Wait until it has ended, or end it' },
      );
}

/** So many fit a screen. */
const mostNewer = 20;

/** What lies in store.key may be of the store that was replaced: the next command would be refused with it. */
const keyAdvice =
  'it opens with the key given now: give that to each command, or have "certkeeper store rekey" make a new store.key';

function question({ madeAt, counts, kept, bringsKey }: PreparedRestore): string {
  const which = madeAt ? `the backup of ${formatTime(madeAt)}` : 'the backup';
  return (
    `Put ${which}, with ${countsText(counts)}, in the place of the store? As it is, that will be kept in ${kept}.` +
    (bringsKey ? ' The key in the backup will be store.key.' : '')
  );
}
