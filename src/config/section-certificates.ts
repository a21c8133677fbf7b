import { parseLabel, type Label } from '../base/label.ts';
import { checkPlaces, deploymentOf } from '../deploy/deployment-words.ts';
import { assertRunnable, checkHookUser } from '../deploy/hook-program.ts';
import { checkAutoUpdate, setAutoUpdate } from '../lifecycle/auto-update.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { removeDeployment, setDeployment } from '../lifecycle/deploy-settings.ts';
import { setKeyPolicy } from '../lifecycle/key-policy.ts';
import { lifetimeOf } from '../lifecycle/renewal-time.ts';
import { storedCertificate } from '../lifecycle/stored-certificate.ts';
import type { Store } from '../store/store.ts';
import { commandWords, wordsOfDeployment } from './deployment.ts';
import { compare, type Change, type ConfigContext, type Entry, type WantedEntry } from './entry.ts';
import type { Path } from './fault.ts';
import { formatDuration } from './leaves.ts';
import { faultOf } from './places.ts';
import type { CertificateWords, DeployWords } from './words-certificate.ts';

const section = 'certificates';

/** As `cert hook` has it. */
const usualHookSeconds = 60;

/** What is set for certificates as the file would have it: an entry for a name, one a deployment, one for its hook. */
export async function storedCertificates(store: Store): Promise<readonly Entry[]> {
  const { nameSettings, deployments } = store;
  const entries: Entry[] = [];
  const names = new Set([...(await nameSettings.names()), ...(await deployments.names())]);
  for (const name of [...names].toSorted()) {
    const days = await nameSettings.get(name, 'auto-update-days');
    const key = await nameSettings.get(name, 'key');
    if (days !== undefined || key !== undefined) {
      const words = { 'auto-update': days === undefined ? undefined : Number(days), key };
      entries.push({ path: [name], words });
    }
    for (const deployment of await deployments.list(name)) {
      entries.push({
        path: [name, 'deploy', deployment.label],
        words: wordsOfDeployment(deployment),
      });
    }
    const hook = await deployments.hook(name);
    if (hook === undefined) continue;
    const timeout = formatDuration(hook.timeoutSeconds);
    entries.push({
      path: [name, 'hook'],
      words: { command: hook.command, timeout, user: hook.user },
    });
  }
  return entries;
}

/** Compare what is set for certificates with what the file says. */
export async function compareCertificates(
  context: ConfigContext,
  file: Readonly<Record<string, CertificateWords>>,
): Promise<readonly Change[]> {
  const { store, faults } = context;
  const wanted: WantedEntry[] = [];
  const writers = new Map<string, string>();
  for (const [text, words] of Object.entries(file)) {
    const name = parseLabel(text, 'certificate');
    if (words['auto-update'] !== undefined || words.key !== undefined) {
      wanted.push(wantedSettings(context, name, words));
    }
    for (const [label, deployment] of Object.entries(words.deploy ?? {})) {
      const path = [section, name, 'deploy', label];
      const entry = await faultOf(context, path, () =>
        wantedDeployment(context, name, label, deployment),
      );
      if (entry === undefined) continue;
      wanted.push(entry);
      for (const { kind, path: written } of entry.files) {
        const first = writers.get(written);
        if (first !== undefined) faults.add([...path, kind], `${first} writes that file, too`);
        writers.set(written, `deployment "${label}" of "${name}"`);
      }
    }
    if (words.hook !== undefined) wanted.push(wantedHook(context, name, words.hook));
  }
  return compare({
    section,
    before: await storedCertificates(store),
    wanted,
    async remove([text = '', part, text2 = ''], carry) {
      const name = parseLabel(text, 'certificate');
      if (part === 'hook') await store.deployments.removeHook(name);
      else if (part === 'deploy') await removeDeployment(carry, name, parseLabel(text2, 'deploy'));
      else {
        await store.nameSettings.remove(name, 'auto-update-days');
        await setKeyPolicy(store, name, undefined);
      }
    },
  });
}

function wantedSettings(
  context: ConfigContext,
  name: Label,
  { 'auto-update': days, key }: CertificateWords,
): WantedEntry {
  const { store } = context;
  const path = [section, name, 'auto-update'];
  return {
    path: [name],
    words: { 'auto-update': days, key },
    async check() {
      if (days === undefined || !(await isThere(context, name))) return;
      await faultOf(context, path, () => checkAutoUpdate(context, { name, days }));
    },
    async put(carry) {
      await setKeyPolicy(store, name, key);
      if (days === undefined) await store.nameSettings.remove(name, 'auto-update-days');
      else if (await isThere(carry, name)) await setAutoUpdate(carry, { name, days });
      else await store.nameSettings.set(name, 'auto-update-days', String(days));
    },
  };
}

/** Tell whether there is something to renew. What is yet to come, or has expired, is no fault of the file. */
async function isThere(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  name: Label,
): Promise<boolean> {
  const current = await store.certificates.current(name);
  if (current === undefined) return false;
  const { validity } = storedCertificate(current.der, `"${name}"`).tbsCertificate;
  return lifetimeOf(validity).notAfter > clock.now();
}

function wantedDeployment(
  context: ConfigContext,
  name: Label,
  label: string,
  words: DeployWords,
): WantedEntry & Pick<ReturnType<typeof deploymentOf>, 'files'> {
  const deployment = deploymentOf(commandWords(context, name, label, words));
  const path: Path = [section, name, 'deploy', label];
  return {
    files: deployment.files,
    path: [name, 'deploy', label],
    words: wordsOfDeployment(deployment),
    check: async () => faultOf(context, path, () => checkPlaces(name, deployment, context.log)),
    put: async (carry) => void (await setDeployment(carry, name, deployment, carry.isLater)),
  };
}

function wantedHook(
  context: ConfigContext,
  name: Label,
  { command, timeout = usualHookSeconds, user }: NonNullable<CertificateWords['hook']>,
): WantedEntry {
  const path = [section, name, 'hook', 'command'];
  const [program = '', ...rest] = command;
  return {
    path: [name, 'hook'],
    words: { command, timeout: formatDuration(timeout), user },
    check: async () =>
      faultOf(context, path, async () => {
        await assertRunnable(program);
        await checkHookUser(user, context.log);
      }),
    put: () =>
      context.store.deployments.putHook(name, {
        command: [program, ...rest],
        timeoutSeconds: timeout,
        ...(user !== undefined && { user }),
      }),
  };
}
