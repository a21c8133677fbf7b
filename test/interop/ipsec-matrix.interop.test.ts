import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Called } from './ipsec/charon.ts';
import { hasIpsec, requireIpsec } from './ipsec/ipsec-scene.ts';
import { listMatrixRows, matrixModes } from './ipsec/matrix-rows.ts';
import { startTogether, waitUntilJudged, type Together } from './ipsec/matrix-together.ts';
import { loadAlone, nameOf, openMatrixScene, type MatrixScene } from './ipsec/matrix-scene.ts';

let scene: MatrixScene;
const nothing: Called = { isEstablished: false, said: '' };

beforeAll(async () => {
  if (hasIpsec()) scene = await openMatrixScene();
});
afterAll(() => scene?.close());
beforeEach((context) => requireIpsec(context));

const cells = listMatrixRows().flatMap(([name, row]) =>
  matrixModes.map((mode, i) => ({ name, row, mode, i, title: `${mode}, ${row.title}` })),
);

/** Have alice call all peers, some at a time. @returns what became of each */
async function callAll(but?: string): Promise<ReadonlyMap<string, Called>> {
  const all = scene.peers.flatMap((peer) => matrixModes.map((mode) => nameOf(peer, mode)));
  const names = all.filter((name) => name !== but);
  const became = new Map<string, Called>();
  const next = names.values();
  const caller = async (): Promise<void> => {
    for (const name of next) became.set(name, await scene.alice.call(name));
  };
  await Promise.all(Array.from({ length: 6 }, caller));
  return became;
}

describe('a charon alone, to which the certificate of a peer names', () => {
  let became: ReadonlyMap<string, Called>;
  beforeAll(async () => {
    if (!scene) return;
    await loadAlone(scene);
    became = await callAll();
  });

  it.each(cells)('$title', ({ name, row, mode, i }) => {
    const { isEstablished, said } = became.get(`${name}-${mode}`) ?? nothing;
    expect(isEstablished ? 'accepts' : 'refuses', said).toBe(row.alone[i]);
    // Refused for what the row is about, and for nothing else.
    if (isEstablished) return;
    // Even relaxed refuses what is known to be revoked.
    const isKnown = row.alone[2] === 'refuses';
    expect(said).toMatch(
      isKnown ? /certificate was revoked/ : /RULE_CRL_VALIDATION is (?:FAILED|SKIPPED|STALE)/,
    );
  });
});

describe('a charon with an agent beside it, to which the certificate of a peer names', () => {
  /** Our own judgement refuses it, and charon does not: when it is gone, all before it are judged. */
  const last = 'later-good-strict';
  let together: Together;
  let became: ReadonlyMap<string, Called>;
  let standing: ReadonlySet<string>;
  beforeAll(async () => {
    if (!scene) return;
    together = await startTogether(scene);
    const others = await callAll(last);
    became = new Map([...others, [last, await scene.alice.call(last)]]);
    await waitUntilJudged(scene, together, last);
    standing = new Set((await scene.alice.sas()).map(({ connection }) => connection));
  });
  afterAll(() => together?.close());

  it.each(cells)('$title', ({ name, row, mode, i }) => {
    const { isEstablished, said } = became.get(`${name}-${mode}`) ?? nothing;
    const stays = standing.has(`${name}-${mode}`) ? 'accepts' : 'ends';
    const why = `${said}${together.agent.log()}`;
    expect(isEstablished ? stays : 'refuses', why).toBe((row.together ?? row.alone)[i]);
  });
});
