import { quoted } from '../base/quoted.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { parseResponderPlace, responderPlaceText } from '../lifecycle/responder-place.ts';
import { readResponder, type ResponderSetting } from '../lifecycle/responder-setting.ts';
import { assertSoundResponder, removeResponder, setResponder } from '../lifecycle/set-responder.ts';
import { findWords } from '../lifecycle/validation-words.ts';
import type { Store } from '../store/store.ts';
import { compare, type Change, type ConfigContext, type Entry, type Words } from './entry.ts';
import { knownLabels } from './judging-labels.ts';
import { faultOf } from './places.ts';
import type { ConfigFile } from './schema.ts';
import type { ResponderWords } from './words-validation.ts';

const section = 'staple-responder';

/** How the agent answers OCSP requests, as the file would have it. */
export async function storedResponder({ settings }: Store): Promise<readonly Entry[]> {
  return [{ path: [], words: wordsOf(await readResponder(settings)) }];
}

/** Compare how the agent answers OCSP requests with what the file says; what it names may be in the file as well. */
export async function compareResponder(
  context: ConfigContext,
  file: ResponderWords,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const setting = await settingIn(context, file);
  if (setting) await checkNames(context, setting, whole);
  const wanted = {
    path: [],
    words: wordsOf(setting),
    async put(carry: LifecycleContext) {
      if (setting) await setResponder(carry, setting);
      else await removeResponder(carry);
    },
  };
  const before = await storedResponder(context.store);
  return compare({ section, before, wanted: [wanted], remove: async () => {} });
}

function wordsOf(setting: ResponderSetting | undefined): Words {
  if (setting === undefined) return {};
  const { isOpen, forCa, object, passesNonces } = setting;
  return {
    listen: responderPlaceText(setting),
    open: isOpen ? true : undefined,
    'for-ca': forCa.length > 0 ? forCa : undefined,
    'ocsp-object': object,
    nonces: passesNonces ? 'pass' : undefined,
  };
}

/** @returns undefined where it is to answer nobody, or cannot be understood */
async function settingIn(
  context: ConfigContext,
  { listen, open = false, 'for-ca': forCa = [], 'ocsp-object': object, nonces }: ResponderWords,
): Promise<ResponderSetting | undefined> {
  if (listen === undefined) {
    const isMeant = open || forCa.length > 0 || object !== undefined || nonces !== undefined;
    if (isMeant) {
      const hint = `Add listen: 127.0.0.1:PORT, or write ${section}: {}`;
      context.faults.add([section], 'it does not say where', hint);
    }
    return undefined;
  }
  return await faultOf(context, [section, 'listen'], async () => {
    const place = parseResponderPlace(listen, open);
    return await faultOf(context, [section], () => {
      const passesNonces = nonces === 'pass';
      const setting = { ...place, forCa, ...(object !== undefined && { object }), passesNonces };
      assertSoundResponder(setting);
      return setting;
    });
  });
}

async function checkNames(
  context: ConfigContext,
  { forCa, object }: ResponderSetting,
  whole: ConfigFile,
): Promise<void> {
  const { faults, store } = context;
  const { cas } = await knownLabels(context, whole);
  for (const label of forCa) {
    if (cas.has(label)) continue;
    const why = `there is no CA certificate and no CA profile with a root ${quoted(label)}`;
    const hint = `Import one with "certkeeper cert import cert-name ${label} file FILE ca"`;
    faults.add([section, 'for-ca'], why, hint);
  }
  if (object === undefined) return;
  const place = [section, 'ocsp-object'];
  const words = whole.ocsp ? whole.ocsp[object] : await findWords(store, 'ocsp', object);
  if (words === undefined) {
    const hint = 'Add it under ocsp';
    faults.add(place, `there is no OCSP object ${quoted(object)}`, hint);
  } else if (words['url'] === undefined) {
    const why = `OCSP object ${quoted(object)} has no url, and a question names no certificate whose own could be used`;
    faults.add(place, why, 'Set url of that object');
  }
}
