import type { PKIFailureBit } from './pki-status-info.ts';

/**
 * What each bit of PKIFailureInfo says, in words an operator can act on (RFC 9810 section 5.2.3); nothing
 * for those it does not name.
 */
export const failureMeaning: Readonly<Record<PKIFailureBit, string>> = {
  badAlg: 'an algorithm is unknown to the CA or not allowed there',
  badMessageCheck: 'the MAC or signature of the request does not verify',
  badRequest: 'the request is not permitted or not supported',
  badTime: 'messageTime is too far from the clock of the CA',
  badCertId: 'no certificate fits what the request names',
  badDataFormat: 'the message is not in the form the CA expects',
  wrongAuthority: 'the request is addressed to another CA',
  incorrectData: "the requester's data is incorrect",
  missingTimeStamp: 'a time stamp is missing that policy requires',
  badPOP: 'the proof of possession of the private key failed',
  certRevoked: 'the certificate has been revoked',
  certConfirmed: 'the certificate has been confirmed already',
  wrongIntegrity:
    'the request is protected by a MAC instead of a signature, or the other way round',
  badRecipientNonce: 'recipNonce is missing or wrong',
  timeNotAvailable: "the CA's time source is not available",
  unacceptedPolicy: 'the certificate policy asked for is not supported',
  unacceptedExtension: 'an extension asked for is not supported',
  addInfoNotAvailable: 'additional information asked for is not available',
  badSenderNonce: 'senderNonce is missing or too short',
  badCertTemplate: 'the template is invalid, or something mandatory is missing in it',
  signerNotTrusted: 'the signer of the request is unknown to the CA or not trusted',
  transactionIdInUse: 'the transactionID is in use already',
  unsupportedVersion: 'the protocol version is not supported',
  notAuthorized: 'the sender was not allowed to make this request',
  systemUnavail: 'the CA is not available now',
  systemFailure: 'the CA failed while handling the request',
  duplicateCertReq: 'there is such a certificate already',
};

/**
 * What to do about a bit, as one sentence for whoever asked the CA; nothing for those that only the CA's
 * own text explains.
 */
export const failureHint: Readonly<Partial<Record<PKIFailureBit, string>>> = {
  badAlg: 'Use another key type, or another pbm-owf and pbm-mac in the CA profile',
  badMessageCheck:
    'Check reference and secret (some CAs call the reference the user name); of a signed request, its signer',
  badRequest: 'Check the URL, and with the operator of the CA that it takes this kind of request',
  badTime: 'Compare the clock of this machine with that of the CA',
  badCertId:
    'Ask the operator of the CA whether it still knows the certificate that is renewed; of one that another CA issued it does not: "cert move" takes it to this CA',
  wrongAuthority: 'Check recipient and issuer in the CA profile, and the URL',
  incorrectData: 'Check the subject name and the names in san with the operator of the CA',
  badPOP: 'Use another key type: the CA cannot verify signatures by this key',
  certRevoked: 'Use cmp initialize for a new certificate: a revoked one is not renewed',
  wrongIntegrity:
    'Give ca-psk for a CA that wants a shared secret, signer-cert for one that wants a signature',
  unacceptedExtension: 'Ask for less: leave out san, or names of a kind the CA does not issue',
  badCertTemplate: 'Check with the operator of the CA which subject, san and key type it issues',
  signerNotTrusted: 'Have the operator of the CA trust the issuer of the certificate that signs',
  transactionIdInUse: 'Run the command again: it begins a new transaction',
  unsupportedVersion: 'Have the CA speak CMPv2; no other version is spoken here',
  notAuthorized: 'Ask the operator of the CA to allow this device, subject or operation',
  systemUnavail: 'Try again later',
  systemFailure: 'Ask the operator of the CA: its log says what failed',
  duplicateCertReq: 'Ask the operator of the CA to take away the older certificate or request',
};
