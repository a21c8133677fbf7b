import { parseLabel, type Label } from '../base/label.ts';
import { checkPlaces, deploymentOf } from '../deploy/deployment-words.ts';
import { assertRunnable, checkHookUser } from '../deploy/hook-program.ts';
import { checkAutoUpdate, setAutoUpdate } from '../lifecycle/auto-update.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { removeDeployment, setDeployment } from '../lifecycle/deploy-settings.ts';
import { setKeyPolicy } from '../lifecycle/key-policy.ts';
import { assertKeyMayCome, isAgentPlace } from '../lifecycle/fetch-place.ts';
import { lifetimeOf } from '../lifecycle/renewal-time.ts';
import { nodesServed } from '../lifecycle/served-names.ts';
import { storedCertificate } from '../lifecycle/stored-certificate.ts';
import { looksLikeUrl } from '../retrieval/url.ts';
import { formatNode, parseNode } from '../sharing/node-identity.ts';
import type { Store } from '../store/store.ts';
import { commandWords, wordsOfDeployment } from './deployment.ts';
import {
  compare,
  type Change,
  type ConfigContext,
  type Entry,
  type WantedEntry,
  type Words,
} from './entry.ts';
import type { Path } from './fault.ts';
import { formatDuration } from './leaves.ts';
import { absolute, faultOf } from './places.ts';
import {
  dropEndpoint,
  setStapleSettings,
  stapleSettingsIn,
  storedEndpoints,
  wantedEndpoint,
} from './section-staples.ts';
import type { CertificateWords, DeployWords } from './words-certificate.ts';

const section = 'certificates';

/** As `cert hook` has it. */
const usualHookSeconds = 60;

/** What is set for certificates as the file would have it: an entry for a name, one a deployment, one for its hook. */
export async function storedCertificates(store: Store): Promise<readonly Entry[]> {
  const { nameSettings, deployments } = store;
  const entries: Entry[] = [];
  const names = new Set([
    ...(await nameSettings.names()),
    ...(await deployments.names()),
    ...(await store.staples.endpoints()).map(({ name }) => name),
  ]);
  for (const name of [...names].toSorted()) {
    const days = await nameSettings.get(name, 'auto-update-days');
    const key = await nameSettings.get(name, 'key');
    const nodes = await nodesServed(store, name);
    const stapling = stapleSettingsIn(await nameSettings.of(name));
    const isStapling = Object.values(stapling).some((value) => value !== undefined);
    if (days !== undefined || key !== undefined || nodes.length > 0 || isStapling) {
      const words = {
        ...stapling,
        'auto-update': days === undefined ? undefined : Number(days),
        key,
        'serve-to': nodes.length === 0 ? undefined : nodes,
      };
      entries.push({ path: [name], words });
    }
    for (const deployment of await deployments.list(name)) {
      // Its peers make it, and are in a section of their own.
      if (deployment.isForPeers === true) continue;
      entries.push({
        path: [name, 'deploy', deployment.label],
        words: wordsOfDeployment(deployment),
      });
    }
    entries.push(...(await storedEndpoints(store, name)));
    const fetch = await fetchWords(store, name);
    if (fetch !== undefined) entries.push({ path: [name, 'auto-fetch'], words: fetch });
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
    if (hasSettings(words)) {
      wanted.push(await wantedSettings(context, name, words));
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
    for (const [label, endpoint] of Object.entries(words.staple ?? {})) {
      const path = [section, name, 'staple', label];
      const entry = await faultOf(context, path, () =>
        wantedEndpoint(context, name, label, endpoint),
      );
      if (entry !== undefined) wanted.push(entry);
    }
    const fetch = words['auto-fetch'];
    if (fetch !== undefined) wanted.push(wantedFetch(context, name, fetch));
    if (words.hook !== undefined) wanted.push(wantedHook(context, name, words.hook));
  }
  return compare({
    section,
    before: await storedCertificates(store),
    wanted,
    async remove([text = '', part, text2 = ''], carry) {
      const name = parseLabel(text, 'certificate');
      if (part === 'auto-fetch') await store.nameSettings.remove(name, 'auto-fetch-days');
      else if (part === 'hook') await store.deployments.removeHook(name);
      else if (part === 'staple') await dropEndpoint(carry, name, text2);
      else if (part === 'deploy') await removeDeployment(carry, name, parseLabel(text2, 'deploy'));
      else {
        await store.nameSettings.remove(name, 'auto-update-days');
        await store.nameSettings.remove(name, 'serve-to');
        await setKeyPolicy(store, name, undefined);
        await setStapleSettings(store, name, {});
      }
    },
  });
}

function hasSettings(words: CertificateWords): boolean {
  const { deploy: _, staple: _staple, hook: _hook, 'auto-fetch': _fetch, ...settings } = words;
  return Object.values(settings).some((value) => value !== undefined);
}

async function wantedSettings(
  context: ConfigContext,
  name: Label,
  words: CertificateWords,
): Promise<WantedEntry> {
  const { 'auto-update': days, key, 'serve-to': given } = words;
  const { store } = context;
  const path = [section, name, 'auto-update'];
  const nodes: string[] = [];
  for (const [i, node] of (given ?? []).entries()) {
    const written = await faultOf(context, [section, name, 'serve-to', i], () =>
      formatNode(parseNode(node)),
    );
    if (written !== undefined && !nodes.includes(written)) nodes.push(written);
  }
  return {
    path: [name],
    words: {
      'staple-ocsp': words['staple-ocsp'],
      'staple-when-revoked': words['staple-when-revoked'],
      'staple-endless': words['staple-endless'],
      'auto-update': days,
      key,
      'serve-to': nodes.length === 0 ? undefined : nodes,
    },
    async check() {
      if (days === undefined || !(await isThere(context, name))) return;
      await faultOf(context, path, () => checkAutoUpdate(context, { name, days }));
    },
    async put(carry) {
      await setKeyPolicy(store, name, key);
      await setStapleSettings(store, name, words);
      if (nodes.length === 0) await store.nameSettings.remove(name, 'serve-to');
      else await store.nameSettings.set(name, 'serve-to', JSON.stringify(nodes));
      if (days === undefined) await store.nameSettings.remove(name, 'auto-update-days');
      else if (await isThere(carry, name)) await setAutoUpdate(carry, { name, days });
      else await store.nameSettings.set(name, 'auto-update-days', String(days));
    },
  };
}

async function fetchWords({ nameSettings }: Store, name: Label): Promise<Words | undefined> {
  const days = await nameSettings.get(name, 'auto-fetch-days');
  if (days === undefined) return undefined;
  const from = await nameSettings.get(name, 'fetch-from');
  return { time: Number(days), from, as: await nameSettings.get(name, 'fetch-as') };
}

function wantedFetch(
  context: ConfigContext,
  name: Label,
  { time, from, as }: NonNullable<CertificateWords['auto-fetch']>,
): WantedEntry {
  const { nameSettings } = context.store;
  const place = looksLikeUrl(from) || isAgentPlace(from) ? from : absolute(from, context);
  return {
    path: [name, 'auto-fetch'],
    words: { time, from: place, as },
    async check() {
      const path = [section, name, 'auto-fetch'];
      if (!isAgentPlace(place)) {
        await faultOf(context, [...path, 'from'], () => assertKeyMayCome(place, name));
        if (as !== undefined) context.faults.add([...path, 'as'], 'it is for other agents');
      } else if (as === undefined) {
        const hint = 'Name the certificate of this node that the other agent is shown';
        context.faults.add([...path, 'as'], 'it is missing', hint);
      }
    },
    async put() {
      await nameSettings.set(name, 'fetch-from', place);
      if (as === undefined) await nameSettings.remove(name, 'fetch-as');
      else await nameSettings.set(name, 'fetch-as', as);
      await nameSettings.set(name, 'auto-fetch-days', String(time));
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
