import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Called } from './ipsec/charon.ts';
import { hasIpsec, requireIpsec } from './ipsec/ipsec-scene.ts';
import { listMatrixRows, matrixModes } from './ipsec/matrix-rows.ts';
import { loadAlone, nameOf, openMatrixScene, type MatrixScene } from './ipsec/matrix-scene.ts';
import { standingAtLast, startTogether, type Together } from './ipsec/matrix-together.ts';

let scene: MatrixScene;

beforeAll(async () => {
  if (hasIpsec()) scene = await openMatrixScene();
});
afterAll(() => scene?.close());
beforeEach((context) => requireIpsec(context));

const notCalled: Called = { isEstablished: false, said: '' };
const cells = listMatrixRows().flatMap(([name, row]) =>
  matrixModes.map((mode, i) => ({ name, row, mode, i, title: `${mode}, ${row.title}` })),
);

/** Have alice call all peers, some at a time. @returns what became of each */
async function callAll(): Promise<ReadonlyMap<string, Called>> {
  const names = scene.peers.flatMap((peer) => matrixModes.map((mode) => nameOf(peer, mode)));
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
    const { isEstablished, said } = became.get(`${name}-${mode}`) ?? notCalled;
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
  let together: Together;
  let became: ReadonlyMap<string, Called>;
  let standing: ReadonlySet<string>;
  beforeAll(async () => {
    if (!scene) return;
    together = await startTogether(scene);
    became = await callAll();
    standing = await standingAtLast(scene, together, became);
  });
  afterAll(() => together?.close());

  it.each(cells)('$title', ({ name, row, mode, i }) => {
    const { isEstablished, said } = became.get(`${name}-${mode}`) ?? notCalled;
    const stays = standing.has(`${name}-${mode}`) ? 'accepts' : 'ends';
    const why = `${said}${together.agent.log()}`;
    expect(isEstablished ? stays : 'refuses', why).toBe((row.together ?? row.alone)[i]);
  });
});
