import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Called } from './ipsec/charon.ts';
import { hasIpsec, requireIpsec } from './ipsec/ipsec-scene.ts';
import { listMatrixRows, matrixModes } from './ipsec/matrix-rows.ts';
import { loadAlone, nameOf, openMatrixScene, type MatrixScene } from './ipsec/matrix-scene.ts';
import {
  callAll,
  judgedByAgent,
  startTogether,
  type Outcome,
  type Together,
} from './ipsec/matrix-together.ts';

/** Of a machine that does much else. */
const AGENT_MS = 240_000;

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

describe('a charon alone, to which the certificate of a peer names', () => {
  let became: ReadonlyMap<string, Called>;
  beforeAll(async () => {
    if (!scene) return;
    await loadAlone(scene);
    const all = scene.peers.flatMap((peer) => matrixModes.map((mode) => nameOf(peer, mode)));
    became = await callAll(scene.alice, all);
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
  let outcome: Outcome;
  beforeAll(async () => {
    if (!scene) return;
    together = await startTogether(scene);
    outcome = await judgedByAgent(scene, together);
  }, AGENT_MS);
  afterAll(() => together?.close());

  it.each(cells)('$title', ({ name, row, mode, i }) => {
    const of = `${name}-${mode}`;
    const { isEstablished, said } = outcome.became.get(of) ?? notCalled;
    const isEnded = outcome.refused.has(of) && !outcome.standing.has(of);
    const then = isEnded ? 'ends' : outcome.standing.has(of) ? 'accepts' : 'is gone';
    const why = `${said}${together.agent.log()}`;
    expect(isEstablished ? then : 'refuses', why).toBe((row.together ?? row.alone)[i]);
  });
});
