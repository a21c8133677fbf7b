/**
 * Care of a store, in a process that kills itself at the n-th thing it has changed: a commit, or a file beside
 * the database. Started by the tests with what to do, the state directory, n, and a file.
 */
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { openStore } from '../../src/store/open.ts';
import { prepareRestore } from '../../src/store/restore.ts';

const [deed = '', directory = '', nth = '', file = ''] = process.argv.slice(2);

let count = 0;
const pass = (): void => {
  count += 1;
  if (count === Number(nth)) process.kill(process.pid, 'SIGKILL');
};

if (deed === 'restore') {
  const prepared = await prepareRestore({
    directory,
    file,
    clock: systemClock,
    random: systemRandom,
    isDead: () => true,
    onFileChange: pass,
  });
  await prepared.commit();
  prepared.close();
} else {
  const store = await openStore({
    directory,
    clock: systemClock,
    random: systemRandom,
    onWrite: pass,
    onFileChange: pass,
  });
  await store.care.rekey({
    isDataKeyNew: deed === 'rekey-all',
    ...(file !== '' && { newKey: async () => new Uint8Array(Buffer.from(file, 'hex')) }),
  });
  await store.close();
}
