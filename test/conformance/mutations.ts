/** A mutation that no mutator can derive from the statement: the marked text, and what stands there instead. */
export interface WrittenMutation {
  readonly row: string;
  readonly file: string;
  /** At the marked statement, and in the file once. */
  readonly find: string;
  readonly replace: string;
}

const credential = 'src/cmp/protection/credential.ts';
const certificateRequest = 'src/lifecycle/certificate-request.ts';
const exchange = 'src/cmp/client/exchange.ts';
const http = 'src/cmp/transport/http.ts';
const macOnly = "credential: { type: 'mac', reference: 'gw1', secret: new Uint8Array(16) },";
const signed = "credential: { type: 'signature', certificateId: current.id },";

/** In the order of the rows. */
export const writtenMutations: readonly WrittenMutation[] = [
  {
    // The name rebuilt: the same characters in another string type.
    row: 'H2',
    file: credential,
    find: 'value: credential.certificate.tbsCertificate.subject };',
    replace:
      "value: { rdns: credential.certificate.tbsCertificate.subject.rdns.map((rdn) => rdn.map(({ type, value }) => ({ type, value: { type: 'utf8String', value: String(value.value) } }))) } };",
  },
  {
    row: 'H7',
    file: credential,
    find: 'utf8(credential.reference)',
    replace: "utf8(credential.reference + '\\n')",
  },
  {
    row: 'H8',
    file: credential,
    find: "extensionValue(credential.certificate.tbsCertificate.extensions, 'subjectKeyIdentifier')",
    replace: 'undefined',
  },
  {
    row: 'H9',
    file: 'src/cmp/client/client.ts',
    find: 'transactionID: conversation.random.bytes(NONCE_OCTETS),',
    replace: 'transactionID: new Uint8Array(NONCE_OCTETS).fill(7),',
  },
  {
    row: 'H10',
    file: exchange,
    find: 'random.bytes(NONCE_OCTETS)',
    replace: 'state.senderNonce.length > 0 ? state.senderNonce : random.bytes(NONCE_OCTETS)',
  },
  {
    row: 'P2',
    file: 'src/cmp/protection/pbm.ts',
    find: 'concatBytes(secret, salt)',
    replace: 'concatBytes(salt, secret)',
  },
  {
    row: 'P2',
    file: 'src/cmp/protection/pbm.ts',
    find: 'iteratedHash(hash, first, iterationCount - 1)',
    replace: 'iteratedHash(hash, first, iterationCount)',
  },
  {
    // The lower bound alone: without the upper one its tests run for ever.
    row: 'P3',
    file: 'src/cmp/protection/pbm.ts',
    find: 'iterationCount < PBM_ITERATIONS.min || iterationCount > PBM_ITERATIONS.max',
    replace: 'iterationCount > PBM_ITERATIONS.max',
  },
  {
    row: 'P5',
    file: 'src/cmp/protection/pbmac1.ts',
    find: 'keyLength = macOctets(mac)',
    replace: 'keyLength = 128',
  },
  {
    row: 'P5',
    file: 'src/crypto/pbkdf2.ts',
    find: 'params.prf ?? defaultPrf',
    replace: "params.prf ?? macAlgorithm('hmac-sha256')",
  },
  {
    row: 'P8',
    file: 'src/cmp/protection/protect.ts',
    find: '[credential.certificate, ...credential.chain]',
    replace: '[...credential.chain, credential.certificate]',
  },
  {
    row: 'P8',
    file: 'src/lifecycle/build-chain.ts',
    find: "end === 'open' ? chain : chain.slice(0, -1)",
    replace: "end === 'open' ? chain : chain",
  },
  {
    // Whatever has the name by now, as soon as there is something newer.
    row: 'P9',
    file: 'src/lifecycle/credential.ts',
    find: 'const record = await store.certificates.get(stored.certificateId);',
    replace:
      'const began = await store.certificates.get(stored.certificateId); const record = began && ((await store.certificates.versions(began.name))[0] ?? began);',
  },
  { row: 'P11', file: 'src/lifecycle/revoke.ts', find: signed, replace: macOnly },
  { row: 'P11', file: 'src/lifecycle/update.ts', find: signed, replace: macOnly },
  {
    row: 'B1',
    file: certificateRequest,
    find: 'value: [await certReqMsg(template, parts)]',
    replace: 'value: [await certReqMsg(template, parts), await certReqMsg(template, parts)]',
  },
  {
    row: 'B1',
    file: certificateRequest,
    find: 'certReqId: CERT_REQ_ID,',
    replace: 'certReqId: CERT_REQ_ID + 1,',
  },
  {
    row: 'B2',
    file: certificateRequest,
    find: '...(validity && { validity }),',
    replace: '...(validity && { validity }), serialNumber: 1n,',
  },
  {
    row: 'B3',
    file: certificateRequest,
    find: '...(extensions.length > 0 && { extensions }),',
    replace:
      '...(extensions.length > 0 && { extensions: extensions.map((each) => ({ ...each, critical: false })) }),',
  },
  {
    // The issuer of the certificate that signs, as openssl 3.0 has it: here that of the one replaced or wanted.
    row: 'B5',
    file: certificateRequest,
    find: '...(issuer && { issuer }),',
    replace: 'issuer: { rdns: [] },',
  },
  {
    row: 'B9',
    file: certificateRequest,
    find: "popo: { type: 'signature', value } };",
    replace: "popo: { type: 'raVerified', value: null } };",
  },
  {
    row: 'B10',
    file: certificateRequest,
    find: "const kept = updateExtensions === 'keep' ? others : mustStaple;",
    replace: 'const kept = others;',
  },
  {
    row: 'B10',
    file: 'src/lifecycle/update.ts',
    find: signed,
    replace: macOnly,
  },
  {
    row: 'B13',
    file: 'src/lifecycle/revoke.ts',
    find: "extension('reasonCode', reason)",
    replace: "extension('reasonCode', 'unspecified')",
  },
  {
    row: 'B15',
    file: 'src/cmp/transaction/sealed-answer.ts',
    find: 'const { publicKey } = certReq.certTemplate;',
    replace: 'const publicKey = certReq.certTemplate.publicKey ?? { subjectPublicKey: [0] };',
  },
  {
    row: 'R10',
    file: 'src/cmp/protection/signer.ts',
    find: "if (verdict.type === 'invalid') return verdict.reasons[0].detail;",
    replace: "if (verdict.type === 'invalid') return { certificate, path: [] };",
  },
  {
    row: 'C5',
    file: 'src/lifecycle/judge-certificate.ts',
    find: "if (verdict.type === 'invalid') return refuse(verdict.reasons[0].detail, 'incorrectData');",
    replace: "if (verdict.type === 'invalid') return { type: 'accept', chain: [] };",
  },
  {
    row: 'C10',
    file: 'src/cmp/transaction/enrollment.ts',
    find: 'certReqId,\n    // C10, C11',
    replace: 'certReqId: certReqId + 7,\n    // C10, C11',
  },
  {
    row: 'C14',
    file: 'src/lifecycle/open-request.ts',
    find: 'context.store.transactions.open(transaction, events)',
    replace:
      '(await context.connect(transaction.url, request.profile).exchange(transaction.outgoing), context.store.transactions.open(transaction, events))',
  },
  {
    row: 'L5',
    file: 'src/cmp/transaction/enrollment.ts',
    find: 'return receiveAnswer(state, phase.value.from, message, now, limits);',
    replace:
      "return receiveAnswer(state, { type: 'confirming', value: null }, message, now, limits);",
  },
  {
    row: 'L6',
    file: 'src/cmp/transaction/enrollment.ts',
    find: 'limitTexts(errorDetails)',
    replace: '[]',
  },
  {
    // An error message, in answer to what could not be believed.
    row: 'L7',
    file: exchange,
    find: '    throw error;\n  }\n}\n',
    replace:
      "    const status = { pKIStatusInfo: { status: 'rejection' } } as const;\n    const said = await compose(conversation, state, state.phase, { type: 'error', value: status });\n    await conversation.transport.exchange(said.outgoing, signal);\n    throw error;\n  }\n}\n",
  },
  {
    row: 'L11',
    file: 'src/cmp/transaction/waiting.ts',
    find: 'delayedNonce: senderNonce }',
    replace: 'delayedNonce: new Uint8Array(16) }',
  },
  {
    row: 'T1',
    file: 'src/http/request.ts',
    find: "...(body && { 'content-length': body.length })",
    replace: "...(body && { 'transfer-encoding': 'chunked' })",
  },
  {
    // By the status: an error is an error, whatever is in it.
    row: 'T3',
    file: http,
    find: "isCmp(headers['content-type']) && body.length > 0 && !isCut;",
    replace: "isCmp(headers['content-type']) && body.length > 0 && !isCut && status === 200;",
  },
  {
    row: 'T10',
    file: http,
    find: "isCmp(headers['content-type']) && body.length > 0 && !isCut;",
    replace: "isCmp(headers['content-type']) && body.length > 0 && !isCut && status < 400;",
  },
  {
    row: 'T9',
    file: 'src/lifecycle/carry-through.ts',
    find: 'context.connect(opened.url, profile)',
    replace: 'context.connect(profile.url, profile)',
  },
];

/** Rows whose tests do not notice that a check is gone, and why. */
export const unshown: Readonly<Record<string, string>> = {};
